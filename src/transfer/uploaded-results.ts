import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { ResultFault, type StoredResult } from '../jobs/model/job-outcome.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { ResultSource } from '../jobs/results/result-source.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { ownAnnotation } from '../k8s/names.js';
import { ObjectStore, ObjectStoreError } from '../object-store/object-store.js';
import type { UploadedPart } from '../object-store/uploads.js';
import { parseUploadRecords, type UploadRecord } from './upload-records.js';

/** The files that a job has uploaded, as its results. Only now do they become objects: nothing can be written to them any more. */
@Injectable()
export class UploadedResults extends ResultSource {
  constructor(
    private readonly store: ObjectStore,
    private readonly client: KubernetesClient,
  ) {
    super();
  }

  override async resultsOf(job: JobRecord, podUid: string): Promise<ReadonlyMap<string, StoredResult>> {
    const results = new Map<string, StoredResult>();
    if (!job.transfer) return results;
    // The Job itself: a cache may not know of an upload that began a moment ago.
    const kubeJob = await this.client.getJob(job.name);
    if (kubeJob?.metadata?.uid !== job.uid) return results;
    for (const [id, record] of parseUploadRecords(kubeJob.metadata.annotations?.[ownAnnotation.uploads])) {
      if (record.pod === undefined || record.pod === podUid) results.set(id, await this.resultOf(id, record));
    }
    return results;
  }

  private async resultOf(outputId: string, record: UploadRecord): Promise<StoredResult> {
    const { key, mediaType, size, sha256 } = record;
    if (size === undefined)
      throw new ResultFault(
        'result-incomplete',
        `The file of output "${outputId}" was begun in parts, and never said to be whole.`,
      );
    await this.complete(outputId, record, size);
    if (sha256 !== undefined) await this.verify(outputId, key, sha256);
    return { key, mediaType, size, digest: sha256 === undefined ? '' : `sha256:${sha256}` };
  }

  /** May have been done before by somebody who could not record it. */
  private async complete(outputId: string, record: UploadRecord, size: number): Promise<void> {
    const uploads = this.store.uploads;
    if (!uploads) throw new ObjectStoreError('not-configured', 'There is no object store.', true);
    const arrived = await uploads.parts(record);
    if (arrived) {
      const parts = arrived.filter(({ number }) => number <= (record.parts ?? 1));
      assertWhole(outputId, parts, record.parts ?? 1, size);
      if ((await uploads.complete(record, parts)) === 'created') return;
    }
    const object = await this.store.head(record.key);
    if (object?.metadata['upload-token'] !== record.token || object.size !== size)
      throw new ResultFault('result-lost', `The file of output "${outputId}" is not in the object store any more.`);
  }

  private async verify(outputId: string, key: string, sha256: string): Promise<void> {
    const found = await this.store.read(key);
    if (!found)
      throw new ResultFault('result-lost', `The file of output "${outputId}" is not in the object store any more.`);
    const hash = createHash('sha256');
    await pipeline(found.body, hash);
    const actual = hash.digest('hex');
    if (actual !== sha256)
      throw new ResultFault(
        'result-damaged',
        `The file of output "${outputId}" has the SHA-256 ${actual} where the job said ${sha256}.`,
      );
  }
}

function assertWhole(outputId: string, parts: readonly UploadedPart[], count: number, size: number): void {
  const actual = parts.reduce((sum, part) => sum + part.size, 0);
  if (parts.length === count && actual === size) return;
  const what =
    parts.length === 0
      ? `of its ${size} bytes none have arrived`
      : `${size} bytes in ${count} part${count === 1 ? '' : 's'} were announced last, ${actual} bytes in ${parts.length} are there`;
  throw new ResultFault('result-incomplete', `The file of output "${outputId}" is not whole: ${what}.`);
}
