import { Injectable } from '@nestjs/common';
import { isOwnKey, type KindOfKey } from '../jobs/model/annotations/own-keys.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { KeptInputs } from '../jobs/requests/kept-inputs.js';
import { storedResultsOf } from '../jobs/results/stored-results.js';
import { lacksStore, ObjectStore } from '../object-store/object-store.js';

/** What the object store has of jobs that have left the cluster. */
@Injectable()
export class StoredObjects {
  constructor(
    private readonly store: ObjectStore,
    private readonly inputs: KeptInputs,
  ) {}

  /** Removes results and inputs that are kept. Doing it again changes nothing. @throws ObjectStoreError */
  async removeResults(job: JobRecord): Promise<void> {
    await this.orNone(() => this.inputs.remove(job));
    for (const { key } of storedResultsOf(job)) await this.remove('result', job, key);
  }

  /** As {@link removeResults}, and logs as well. @throws ObjectStoreError */
  async removeAll(job: JobRecord): Promise<void> {
    await this.removeResults(job);
    const keys = [job.logKey, ...job.attempts.map(({ logKey }) => logKey)];
    for (const key of keys) if (key !== undefined) await this.remove('log', job, key);
  }

  /** What is another job's is left alone. */
  private async remove(kind: KindOfKey, { name }: JobRecord, key: string): Promise<void> {
    if (isOwnKey(kind, key, name, undefined)) await this.orNone(() => this.store.remove(key));
  }

  private async orNone(remove: () => Promise<void>): Promise<void> {
    try {
      await remove();
    } catch (error) {
      if (!lacksStore(error)) throw error;
    }
  }
}
