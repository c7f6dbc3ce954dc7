import { Injectable } from '@nestjs/common';
import { ResultFault, type StoredResult } from '../jobs/model/job-outcome.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { ResultSource } from '../jobs/results/result-source.js';
import { Configuration } from '../config/configuration.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { ownAnnotation } from '../k8s/names.js';
import { ObjectStore, ObjectStoreError, type StoredObject } from '../object-store/object-store.js';
import { KnownStore } from '../object-store/store-capabilities.js';
import type { UploadedPart } from '../object-store/uploads.js';
import { sha256Of } from '../object-store/whole-object.js';
import { matchesParts } from './part-digests.js';
import { areWhole, uploadsOf, type UploadRecord } from './upload-records.js';

/** A file that has become an object. */
interface Completed {
  readonly object: StoredObject;
  /** Of which it was made; undefined where that was done before. */
  readonly parts?: readonly UploadedPart[];
}

/** The files that a job has uploaded, as its results. Only now do they become objects: nothing can be written to them any more. */
@Injectable()
export class UploadedResults extends ResultSource {
  constructor(
    private readonly store: ObjectStore,
    private readonly client: KubernetesClient,
    private readonly known: KnownStore,
    private readonly configuration: Configuration,
  ) {
    super();
  }

  override async resultsOf(job: JobRecord, podUid: string): Promise<ReadonlyMap<string, StoredResult>> {
    const results = new Map<string, StoredResult>();
    if (!job.transfer) return results;
    // The Job itself: a cache may not know of an upload that began a moment ago.
    const kubeJob = await this.client.getJob(job.name);
    if (kubeJob?.metadata?.uid !== job.uid) return results;
    for (const [id, record] of uploadsOf(
      job,
      kubeJob.metadata.annotations?.[ownAnnotation.uploads],
      this.configuration.environment.bucket.pathPrefix,
    )) {
      if (record.pod === undefined || record.pod === podUid) results.set(id, await this.resultOf(id, record));
    }
    return results;
  }

  private async resultOf(outputId: string, announced: UploadRecord): Promise<StoredResult> {
    const { mediaType, sha256 } = announced;
    const record = await this.arrived(announced);
    const { key, size } = record;
    if (size === undefined)
      throw new ResultFault(
        'result-incomplete',
        `The file of output "${outputId}" was begun in parts, and never said to be whole.`,
      );
    const completed = await this.complete(outputId, record, size);
    if (sha256 !== undefined) {
      await this.verify(outputId, key, sha256);
      return { key, mediaType, size, digest: `sha256:${sha256}` };
    }
    const isWhole = await this.isWhole(record, completed);
    if (isWhole === false)
      throw new ResultFault(
        'result-incomplete',
        `The file of output "${outputId}" is not whole: its ${size} bytes are not those that arrived, for the connection broke.`,
      );
    return { key, mediaType, size, digest: '', ...(isWhole ? {} : { unverified: true as const }) };
  }

  /** The upload that counts. */
  private async arrived(record: UploadRecord): Promise<UploadRecord> {
    const { before, key, token } = record;
    if (!before || (await this.store.head(key))?.metadata['upload-token'] === token) return record;
    return areWhole((await this.store.uploads?.parts(record)) ?? [], record) ? record : before;
  }

  /** May have been done before by somebody who could not record it; there are stores that then list no parts, as if none had arrived. */
  private async complete(outputId: string, record: UploadRecord, size: number): Promise<Completed> {
    const uploads = this.store.uploads;
    if (!uploads) throw new ObjectStoreError('not-configured', 'There is no object store.', true);
    const isOwn = (object: StoredObject | undefined) => object?.metadata['upload-token'] === record.token;
    const before = await this.store.head(record.key);
    if (before && isOwn(before)) return { object: assertSize(outputId, before, size) };
    const arrived = await uploads.parts(record);
    const parts = arrived?.filter(({ number }) => number <= (record.parts ?? 1));
    if (parts && !areWhole(parts, record)) throw incomplete(outputId, parts, record);
    const isMade = parts !== undefined && (await uploads.complete(record, parts)) === 'created';
    const object = await this.store.head(record.key);
    if (!object || !(isMade || isOwn(object))) throw lost(outputId);
    return { object: assertSize(outputId, object, size), ...(isMade ? { parts } : {}) };
  }

  /**
   * Undefined where that cannot be told. A size proves nothing: there are stores that list a part with its announced size,
   * whatever came of it.
   */
  private async isWhole(record: UploadRecord, { object, parts }: Completed): Promise<boolean | undefined> {
    // It was sent on with its digest.
    if (record.relayed) return true;
    const { dropsCutParts } = this.known.capabilities();
    if (dropsCutParts !== 'no') return dropsCutParts === 'yes' ? true : undefined;
    return matchesParts(this.store, object, parts);
  }

  private async verify(outputId: string, key: string, sha256: string): Promise<void> {
    const actual = await sha256Of(this.store, key);
    if (actual === undefined) throw lost(outputId);
    if (actual !== sha256)
      throw new ResultFault(
        'result-damaged',
        `The file of output "${outputId}" has the SHA-256 ${actual} where the job said ${sha256}.`,
      );
  }
}

function lost(outputId: string): ResultFault {
  return new ResultFault('result-lost', `The file of output "${outputId}" is not in the object store any more.`);
}

function assertSize(outputId: string, object: StoredObject, size: number): StoredObject {
  if (object.size === size) return object;
  throw new ResultFault(
    'result-incomplete',
    `The file of output "${outputId}" is not whole: of its ${size} bytes ${object.size} are in the object store.`,
  );
}

function incomplete(
  outputId: string,
  arrived: readonly UploadedPart[],
  { size = 0, parts = 1 }: UploadRecord,
): ResultFault {
  const actual = arrived.reduce((sum, part) => sum + part.size, 0);
  const what =
    arrived.length === 0
      ? `of its ${size} bytes none have arrived`
      : `${size} bytes in ${parts} part${parts === 1 ? '' : 's'} were announced last, ${actual} bytes in ${arrived.length} are there`;
  return new ResultFault('result-incomplete', `The file of output "${outputId}" is not whole: ${what}.`);
}
