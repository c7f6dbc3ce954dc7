import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Access, type Caller } from '../../access/access.js';
import { Sight } from '../../access/sight.js';
import { annotation, ownAnnotation } from '../../k8s/names.js';
import { JobNotFoundError } from '../../ogc/domain-errors.js';
import { parseObject } from '../model/annotations/job-annotations.js';
import { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';
import { parseRan } from '../model/run/ran.js';
import { allUsed, parseUsed, toUsed } from '../model/run/used.js';
import { shownRequest } from '../requests/job-requests.js';
import { type ProvDocument, provDocument, type Provenance } from './prov-document.js';

type Annotations = Readonly<Record<string, string>>;

/** Where what jobs gave came from: for who may read their results; on what and by what images they ran for who may read their logs, too. */
@Injectable()
export class Provenances {
  constructor(
    private readonly cache: JobCache,
    private readonly access: Access,
    private readonly sight: Sight,
  ) {}

  /**
   * Asks the cluster, or the archive: what it tells is held in no memory.
   * @param base the API's address without trailing slash
   * @throws UnauthorizedError, ForbiddenError, MisconfiguredError where the caller may not read the job's results; JobNotFoundError where
   * the Job has gone meanwhile; KubernetesError, ArchiveAwayError
   */
  async of(job: JobRecord, caller: Caller, base: string): Promise<ProvDocument> {
    await this.access.demandResults(job, caller);
    const annotations = await this.cache.valuesOf(job);
    if (!annotations) throw new JobNotFoundError(job.jobId);
    const { processId, status, started, finished } = this.cache.statusOf(job);
    const known = { jobId: job.jobId, processId, status, started, finished };
    const whole = (await this.access.mayReadLog(job, caller)) ? partsOf(job, annotations, base) : {};
    const isKnown = this.sight.seesOwners(caller) || job.owner === this.sight.ownerOf(caller);
    const owner = job.owner !== undefined && isKnown ? { label: job.owner, name: job.ownerName } : undefined;
    return provDocument(
      { ...known, outputs: outputsOf(job, annotations), ...whole, ...(owner ? { owner } : {}) },
      base,
    );
  }
}

function partsOf(job: JobRecord, annotations: Annotations, base: string): Partial<Provenance> {
  const { inputs, omittedInputs } = shownRequest(job, annotations, base) ?? {};
  const ran = parseRan(annotations[ownAnnotation.outcome]);
  const used = allUsed([...job.attempts.map((each) => toUsed(each.used)), parseUsed(annotations[ownAnnotation.used])]);
  const { size, digest } = parseObject(annotations[ownAnnotation.log]);
  return {
    request: { ...(inputs ? { inputs } : {}), ...(omittedInputs ? { omittedInputs } : {}) },
    ...(ran ? { ran } : {}),
    ...(used ? { used } : {}),
    ...(job.logKey === undefined
      ? {}
      : {
          log: {
            ...(typeof size === 'number' ? { size } : {}),
            ...(typeof digest === 'string' ? { digest } : {}),
          },
        }),
  };
}

function outputsOf(
  { outputs = new Map(), storedResult, inlineResult }: JobRecord,
  annotations: Annotations,
): Provenance['outputs'] {
  if (storedResult) return new Map([['', storedResult], ...outputs]);
  const value = inlineResult ? annotations[annotation.resultValue] : undefined;
  if (!inlineResult || value === undefined) return outputs;
  const size = Buffer.byteLength(value);
  const digest = `sha256:${createHash('sha256').update(value).digest('hex')}`;
  return new Map([['', { mediaType: inlineResult.mediaType, size, digest }], ...outputs]);
}
