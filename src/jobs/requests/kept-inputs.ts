import { Injectable } from '@nestjs/common';
import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Configuration } from '../../config/configuration.js';
import { ObjectStore, ObjectStoreError, ReadersStore } from '../../object-store/object-store.js';
import { putWhole } from '../../object-store/whole-object.js';
import type { JobRecord } from '../model/job-record.js';

/** What has no room on Jobs of the inputs of processes that say `keep_inputs`: one object of each such job, values after one another. */
@Injectable()
export class KeptInputs {
  private readonly prefix: string;

  constructor(
    private readonly store: ObjectStore,
    private readonly readers: ReadersStore,
    configuration: Configuration,
  ) {
    this.prefix = configuration.environment.bucket.pathPrefix;
  }

  /** Whether there is a store. */
  get isAvailable(): boolean {
    return this.store.uploads !== undefined;
  }

  /** A key that nobody guesses and no other execution of the same job has. */
  keyFor(jobName: string, now: Date): string {
    return `${this.prefix}${now.toISOString().slice(0, 10)}_${jobName}-inputs-kept-${randomUUID()}`;
  }

  /**
   * @param values JSON, secrets masked
   * @throws ObjectStoreError
   */
  async keep(key: string, jobName: string, values: readonly string[]): Promise<void> {
    const bytes = Buffer.from(values.join(''));
    const kept = await putWhole(this.store, key, {
      contentType: 'application/octet-stream',
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      body: () => Readable.from([bytes]),
      owner: { job: jobName },
    });
    if (!kept) throw new ObjectStoreError('failed', `${this.store.description}: ${key} is another's`, true);
  }

  /**
   * @param first of the value's bytes
   * @returns undefined where the object is gone
   * @throws ObjectStoreError
   */
  async read(key: string, first: number, size: number): Promise<Readable | undefined> {
    return (await this.readers.read(key, { start: first, end: first + size - 1 }))?.body;
  }

  /** @throws ObjectStoreError */
  async remove({ keptInputs }: Pick<JobRecord, 'keptInputs'>): Promise<void> {
    if (keptInputs !== undefined) await this.store.remove(keptInputs);
  }
}
