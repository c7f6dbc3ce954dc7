import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import type { JobRecord } from '../jobs/model/job-record.js';
import { DeclaredOutputs } from '../jobs/results/declared-outputs.js';
import { PodsStore } from '../object-store/object-store.js';
import { KnownStore } from '../object-store/store-capabilities.js';
import { MOST_PARTS } from '../object-store/uploads.js';
import { NotAvailableError } from '../ogc/domain-errors.js';
import {
  asRefusal,
  ended,
  type Announcement,
  assertDigests,
  assertLength,
  assertPart,
  assertSha256,
  invalidPart,
} from './announcements.js';
import { toBase64, verified } from './checksum.js';
import { OutputCeilingError } from './output-ceilings.js';
import { piecesOf, relay } from './relay.js';
import { UploadRegister, type Holder, type Sending } from './upload-register.js';
import type { UploadRecord } from './upload-records.js';

/** Seconds for which a presigned address is good: time for a client to follow, not for the transfer itself, which may take as long as it likes. */
const ADDRESS_SECONDS = 300;
/** S3 refuses to put smaller parts together, but for the last, bytes. */
const SMALLEST_PART = 5 * 1024 ** 2;

/** Where bytes go or come from: an address of the store, or this server. */
export type Route<T> = { readonly redirect: string } | T;
export type Receiving = Route<{ readonly receive: (body: Readable) => Promise<void> }>;
export type Giving = Route<{ readonly mediaType: string; readonly size: number; readonly body: Readable }>;

/** Files between jobs and the object store, while the jobs run. */
@Injectable()
export class TransfersService {
  constructor(
    private readonly register: UploadRegister,
    private readonly store: PodsStore,
    private readonly outputs: DeclaredOutputs,
    private readonly known: KnownStore,
  ) {}

  /**
   * Inputs that were too large for an environment variable.
   * @throws NotAvailableError, EndedError, ObjectStoreError
   */
  async giveInputs(holder: Holder): Promise<Giving> {
    const { job } = await this.register.authorize(holder);
    const key = job.transfer?.inputs;
    if (key === undefined) throw new NotAvailableError('The inputs of this job stand in its environment.');
    const mediaType = 'application/json';
    const hasAddresses = this.known.capabilities().presignedAddresses !== 'no';
    const redirect = hasAddresses
      ? await this.store.address(key, { seconds: ADDRESS_SECONDS, contentType: mediaType })
      : undefined;
    if (redirect !== undefined) return { redirect };
    const found = await this.store.read(key);
    if (!found) throw new NotAvailableError('The inputs of this job are not in the object store any more.');
    return { mediaType, size: found.object.size, body: found.body };
  }

  /**
   * Sends the file of an output, or a part of it. Sent again it replaces what was sent before: so a wrapper may try again. A
   * whole file begins an upload of its own, for stores
   * differ in what becomes of a part that is sent twice.
   * @throws NotAvailableError, EndedError, LengthRequiredError, PayloadTooLargeError, InvalidRequestError, ObjectStoreError, KubernetesError
   */
  async receiveOutput(holder: Holder, announcement: Announcement): Promise<Receiving> {
    const { outputId, part, sha256, digests } = announcement;
    this.assertDeclared(await this.register.find(holder), outputId);
    const size = assertLength(announcement);
    assertSha256(sha256);
    assertDigests(digests);
    assertPart(part);
    const uploads = this.register.uploads();
    const pieces = part === undefined ? piecesOf(size) : undefined;
    const record = await this.note(holder, announcement, pieces ? 'whole' : 'part', (known) =>
      pieces
        ? { ...known, size, sha256, parts: known.relayed && pieces.count > 1 ? pieces.count : undefined }
        : { ...known, size: undefined, sha256: undefined, parts: undefined },
    );
    const receiving = (write: (body: Readable) => Promise<'written' | 'no-such-upload'>): Receiving => ({
      receive: async (body) => {
        const announced = pieces && sha256 !== undefined ? { sha256: toBase64(sha256) } : {};
        if ((await write(verified(verified(body, digests ?? {}), announced))) === 'no-such-upload')
          throw ended(holder.jobId);
      },
    });
    if (record.relayed) {
      const bounds = { first: part ?? 1, bytes: pieces?.bytes ?? size, size };
      return receiving((body) => relay(uploads, record, bounds, body));
    }
    const destination = await uploads.destination(record, part ?? 1, size, ADDRESS_SECONDS, digests);
    if ('address' in destination) return { redirect: destination.address };
    return receiving((body) =>
      destination.write(body).catch((error: unknown) => {
        throw asRefusal(error);
      }),
    );
  }

  /**
   * Says that the parts 1 to `parts` are the whole file.
   * @throws as {@link receiveOutput}; InvalidRequestError where parts are missing or too small
   */
  async completeOutput(
    holder: Holder,
    { outputId, parts, sha256 }: { readonly outputId: string; readonly parts?: number; readonly sha256?: string },
  ): Promise<{ readonly size: number; readonly parts: number }> {
    const { job, records } = await this.register.authorize(holder);
    this.assertDeclared(job, outputId);
    assertSha256(sha256);
    const noted = records.get(outputId);
    const begun = noted?.pod === (await this.register.attemptOf(job)) ? noted : undefined;
    const arrived = (begun && (await this.register.uploads().parts(begun))) ?? [];
    const count = parts ?? arrived.length;
    const wanted = Array.from({ length: Math.min(count, MOST_PARTS) }, (_, at) => at + 1);
    // Of those that are listed twice the first counts.
    const byNumber = new Map(arrived.toReversed().map((candidate) => [candidate.number, candidate]));
    const found = wanted.map((number) => byNumber.get(number));
    const missing = wanted.filter((_, at) => found[at] === undefined);
    if (missing.length > 0 || wanted.length === 0)
      throw invalidPart(`parts ${missing.slice(0, 20).join(', ') || 1} have not arrived`);
    const small = found.slice(0, -1).findIndex((candidate) => (candidate?.size ?? 0) < SMALLEST_PART);
    if (small >= 0)
      throw invalidPart(`part ${small + 1} has less than ${SMALLEST_PART} bytes, which only the last may`);
    const size = found.reduce((sum, candidate) => sum + (candidate?.size ?? 0), 0);
    await this.note(holder, { outputId, size }, 'nothing', (known) => ({
      ...known,
      size,
      sha256,
      parts: wanted.length,
    }));
    return { size, parts: wanted.length };
  }

  private assertDeclared(job: JobRecord, outputId: string): void {
    const declared = this.outputs.of(job);
    if (declared.size > 0 && !declared.has(outputId))
      throw new NotAvailableError(
        `The process has no output "${outputId}"; known are ${[...declared.keys()].join(', ')}.`,
      );
  }

  /** What goes beyond a ceiling, or completes to more, leaves nothing of its parts. A whole file that is refused leaves what was there. */
  private async note(
    holder: Holder,
    announcement: Announcement,
    sending: Sending,
    change: (known: UploadRecord) => UploadRecord,
  ): Promise<UploadRecord> {
    try {
      return await this.register.register(holder, announcement, sending, change);
    } catch (error) {
      if (error instanceof OutputCeilingError && sending !== 'whole')
        await this.register.drop(holder, announcement.outputId);
      throw error;
    }
  }
}
