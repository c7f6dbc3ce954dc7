import { Injectable } from '@nestjs/common';
import { Configuration, type ServerSection } from '../config/configuration.js';
import type { Upload, UploadStore } from '../object-store/uploads.js';
import { PayloadTooLargeError } from '../ogc/domain-errors.js';
import type { UploadRecord } from './upload-records.js';

/** Parts whose sizes are remembered, of all uploads; some MB. */
const MOST_COUNTED = 100_000;

/** Bytes that one output may have. */
export function mostOfAnOutput({ maxOutputBytes, maxJobOutputBytes = Infinity }: Ceilings): number {
  return Math.min(maxOutputBytes, maxJobOutputBytes);
}

/** A file, or what the job has sent altogether, would have more bytes than it may: it can never be completed. */
export class OutputCeilingError extends PayloadTooLargeError {}

type Ceilings = Pick<ServerSection, 'maxOutputBytes' | 'maxJobOutputBytes'>;

/** Bytes of the parts of one upload. */
interface Counted {
  readonly sizes: Map<number, number>;
  sum: number;
}

/**
 * How many bytes a job may upload, for an output and in all. Files in parts are counted while they come by what this server was told of:
 * the store is asked once for what came before that. What others have taken meanwhile is noticed when the file is said to be whole.
 */
@Injectable()
export class OutputCeilings {
  /** By upload, the one that was used last at the end. */
  private readonly uploads = new Map<string, Counted>();
  private parts = 0;

  constructor(private readonly configuration: Configuration) {}

  /**
   * Has what is to be counted of these uploads at hand.
   * @throws ObjectStoreError
   */
  async learn(records: Iterable<UploadRecord>, store: UploadStore): Promise<void> {
    for (const record of records) {
      if (record.size !== undefined || this.uploads.has(nameOf(record))) continue;
      const listed = (await store.parts(record)) ?? [];
      if (this.uploads.has(nameOf(record))) continue;
      this.begin(record);
      for (const { number, size } of listed) this.count(record, number, size);
    }
  }

  /** Nothing of it has been sent yet. */
  begin(upload: Upload): void {
    this.forget(upload);
    this.uploads.set(nameOf(upload), { sizes: new Map(), sum: 0 });
  }

  forget(upload: Upload): void {
    const name = nameOf(upload);
    this.parts -= this.uploads.get(name)?.sizes.size ?? 0;
    this.uploads.delete(name);
  }

  /**
   * @param size bytes of the output
   * @param others the other outputs, that have been learned
   * @throws OutputCeilingError
   */
  assertFits(size: number, others: Iterable<UploadRecord>): void {
    const { maxOutputBytes, maxJobOutputBytes } = this.configuration.server;
    if (size > maxOutputBytes)
      throw new OutputCeilingError(
        `An output may have ${maxOutputBytes} bytes at the most (MAX_OUTPUT_BYTES, server.max_output_bytes; has ${size}).`,
      );
    if (maxJobOutputBytes === undefined) return;
    const sum = [...others].reduce((bytes, other) => bytes + (other.size ?? this.counted(other)), size);
    if (sum > maxJobOutputBytes)
      throw new OutputCeilingError(
        `The outputs of a job may have ${maxJobOutputBytes} bytes together (MAX_JOB_OUTPUT_BYTES, ` +
          `server.max_job_output_bytes; with this one they have ${sum}).`,
      );
  }

  /**
   * Counts a part that is about to be sent, for as much as was ever announced of it: addresses that were given stay good for a while.
   * @throws OutputCeilingError, and it is not counted
   */
  addPart(upload: Upload, number: number, size: number, others: Iterable<UploadRecord>): void {
    const before = this.uploads.get(nameOf(upload))?.sizes.get(number) ?? 0;
    this.assertFits(this.counted(upload) + Math.max(size - before, 0), others);
    this.count(upload, number, size);
  }

  private counted(upload: Upload): number {
    return this.uploads.get(nameOf(upload))?.sum ?? 0;
  }

  private count(upload: Upload, number: number, size: number): void {
    const name = nameOf(upload);
    const counted = this.uploads.get(name) ?? { sizes: new Map<number, number>(), sum: 0 };
    this.uploads.delete(name);
    this.uploads.set(name, counted);
    const before = counted.sizes.get(number);
    if (before === undefined) this.parts += 1;
    counted.sizes.set(number, Math.max(size, before ?? 0));
    counted.sum += Math.max(size - (before ?? 0), 0);
    // They are asked for again when they go on.
    for (const [oldest, { sizes }] of this.uploads) {
      if (this.parts <= MOST_COUNTED || oldest === name) break;
      this.parts -= sizes.size;
      this.uploads.delete(oldest);
    }
  }
}

function nameOf({ key, id }: Upload): string {
  return `${key}\0${id}`;
}
