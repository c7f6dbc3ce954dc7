import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Configuration } from '../config/configuration.js';
import { DeclaredOutputs } from '../jobs/results/declared-outputs.js';
import { JobCache } from '../jobs/model/job-cache.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { isMediaType } from '../jobs/model/media-type.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { ownAnnotation } from '../k8s/names.js';
import { ObjectStoreError, PodsStore } from '../object-store/object-store.js';
import { KnownStore } from '../object-store/store-capabilities.js';
import { LARGEST_PART, MOST_PARTS, type UploadStore } from '../object-store/uploads.js';
import {
  JobNotFoundError,
  LengthRequiredError,
  NotAvailableError,
  PayloadTooLargeError,
  UnavailableError,
} from '../ogc/domain-errors.js';
import { matchesCapability } from './capability.js';
import {
  asRefusal,
  ended,
  type Announcement,
  assertDigests,
  assertPart,
  assertSha256,
  invalidPart,
} from './announcements.js';
import { toBase64, verified } from './checksum.js';
import { FilePolicy } from './file-policy.js';
import { piecesOf, relay } from './relay.js';
import {
  areWhole,
  formatUploadRecords,
  uploadKey,
  uploadsOf,
  type UploadRecord,
  type UploadRecords,
} from './upload-records.js';

/** Seconds for which a presigned address is good: time for a client to follow, not for the transfer itself, which may take as long as it likes. */
const ADDRESS_SECONDS = 300;
/** S3 refuses to put smaller parts together, but for the last, bytes. */
const SMALLEST_PART = 5 * 1024 ** 2;
/** Each time that somebody else changed the Job meanwhile. */
const MOST_ATTEMPTS = 20;

/** Who asks: a job, by its capability. */
export interface Holder {
  readonly jobId: string;
  readonly capability: string;
}

/** What is sent of a file: all of it, a part, nothing more. */
type Sending = 'whole' | 'part' | 'nothing';

/** Where bytes go or come from: an address of the store, or this server. */
export type Route<T> = { readonly redirect: string } | T;
export type Receiving = Route<{ readonly receive: (body: Readable) => Promise<void> }>;
export type Giving = Route<{ readonly mediaType: string; readonly size: number; readonly body: Readable }>;

/** Files between jobs and the object store, while the jobs run. */
@Injectable()
export class TransfersService {
  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly store: PodsStore,
    private readonly outputs: DeclaredOutputs,
    private readonly configuration: Configuration,
    private readonly policy: FilePolicy,
    private readonly known: KnownStore,
  ) {}

  /**
   * Inputs that were too large for an environment variable.
   * @throws NotAvailableError, EndedError, ObjectStoreError
   */
  async giveInputs(holder: Holder): Promise<Giving> {
    const { job } = await this.authorize(holder);
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
    this.assertDeclared(await this.find(holder), outputId);
    const size = this.assertSize(announcement);
    assertSha256(sha256);
    assertDigests(digests);
    assertPart(part);
    const uploads = this.uploads();
    const pieces = part === undefined ? piecesOf(size) : undefined;
    const record = await this.register(holder, announcement, pieces ? 'whole' : 'part', (known) =>
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
    const { job, annotations } = await this.authorize(holder);
    this.assertDeclared(job, outputId);
    assertSha256(sha256);
    const noted = this.uploadsOf(job, annotations).get(outputId);
    const begun = noted?.pod === (await this.attemptOf(job)) ? noted : undefined;
    const arrived = (begun && (await this.uploads().parts(begun))) ?? [];
    const count = parts ?? arrived.length;
    const wanted = Array.from({ length: Math.min(count, MOST_PARTS) }, (_, at) => at + 1);
    const found = wanted.map((number) => arrived.find((candidate) => candidate.number === number));
    const missing = wanted.filter((_, at) => found[at] === undefined);
    if (missing.length > 0 || wanted.length === 0)
      throw invalidPart(`parts ${missing.slice(0, 20).join(', ') || 1} have not arrived`);
    const small = found.slice(0, -1).findIndex((candidate) => (candidate?.size ?? 0) < SMALLEST_PART);
    if (small >= 0)
      throw invalidPart(`part ${small + 1} has less than ${SMALLEST_PART} bytes, which only the last may`);
    const size = found.reduce((sum, candidate) => sum + (candidate?.size ?? 0), 0);
    this.assertSize({ size }, false);
    await this.register(holder, { outputId }, 'nothing', (known) => ({ ...known, size, sha256, parts: wanted.length }));
    return { size, parts: wanted.length };
  }

  /** @throws NotAvailableError where the capability is not the job's */
  private async find({ jobId, capability }: Holder): Promise<JobRecord> {
    const job = await this.cache.find(jobId);
    if (!job?.transfer || !matchesCapability(capability, job.transfer.capability))
      throw new NotAvailableError('There is nothing here: the job does not exist, or this is not its capability.');
    return job;
  }

  /** The cluster itself is asked: what a cache does not know yet must not be overlooked. */
  private async authorize(
    holder: Holder,
  ): Promise<{ readonly job: JobRecord; readonly annotations: Readonly<Record<string, string>> }> {
    const known = await this.find(holder);
    const kubeJob = await this.client.getJob(known.name);
    const job = kubeJob && this.cache.recordOf(kubeJob);
    if (!job || job.uid !== known.uid) throw new JobNotFoundError(holder.jobId);
    if (job.collection !== 'pending' || job.outcome || job.condition || job.deleting || job.dismissed !== undefined)
      throw ended(holder.jobId);
    return { job, annotations: kubeJob.metadata?.annotations ?? {} };
  }

  /** Notes on the Job what is being sent, and begins the upload where there is none yet that goes on. */
  private async register(
    holder: Holder,
    announcement: Announcement,
    sending: Sending,
    change: (known: UploadRecord) => UploadRecord,
  ): Promise<UploadRecord> {
    const { outputId, mediaType } = announcement;
    let begun: UploadRecord | undefined;
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
      const { job, annotations } = await this.authorize(holder);
      const records = this.uploadsOf(job, annotations);
      const pod = await this.attemptOf(job);
      const noted = records.get(outputId);
      const goesOn = noted?.pod === pod && (sending === 'nothing' || (sending === 'part' && !noted?.whole));
      const before = goesOn || noted?.pod !== pod ? undefined : await this.arrivedBefore(noted, announcement.size);
      const fresh = async () => ({
        ...(begun ??= await this.begin(job, announcement, pod, sending === 'whole')),
        ...(before ? { before } : {}),
      });
      const known = goesOn && noted ? noted : await fresh();
      const given = mediaType !== undefined && isMediaType(mediaType) ? { mediaType } : {};
      const record = change({ ...known, ...given });
      const text = formatUploadRecords(new Map([...records, [outputId, record]]));
      try {
        if (text !== annotations[ownAnnotation.uploads]) await this.note(job, text);
        if (begun && begun.id !== record.id) await this.uploads().abort(begun);
        const kept = [record.id, record.before?.id];
        for (const other of [noted, noted?.before])
          if (other && !kept.includes(other.id)) await this.uploads().abort(other);
        return record;
      } catch (error) {
        if (!(error instanceof KubernetesError) || error.failure !== 'conflict') throw error;
      }
    }
    throw new UnavailableError('The job changes all the time; try again.', 1);
  }

  /** What still counts where the file that is announced now does not arrive: a whole one of the same size. */
  private async arrivedBefore(
    noted: UploadRecord | undefined,
    size: number | undefined,
  ): Promise<UploadRecord | undefined> {
    if (!noted || noted.size === undefined || noted.size !== size) return undefined;
    const { before, ...last } = noted;
    return areWhole((await this.uploads().parts(noted)) ?? [], noted) ? last : before;
  }

  /** UID of the pod that runs now, of a job that may be tried again. The cluster itself is asked, as in {@link authorize}. */
  private async attemptOf(job: JobRecord): Promise<string | undefined> {
    if (job.backoffLimit === 0) return undefined;
    const [newest] = await this.cache.actualPodsOf(job);
    return newest?.uid;
  }

  private async begin(
    job: JobRecord,
    { outputId, size, digests }: Announcement,
    pod: string | undefined,
    isWhole: boolean,
  ): Promise<UploadRecord> {
    const mediaType = this.outputs.of(job).get(outputId) ?? job.mimetype ?? 'application/octet-stream';
    const token = randomUUID();
    const key = uploadKey(this.configuration.environment.bucket.pathPrefix, job, outputId);
    const metadata = { 'job-uid': job.uid, 'upload-token': token };
    const isRelayed = this.policy.isRelayed(isWhole ? size : undefined);
    const hasDigests = isRelayed || digests?.sha256 !== undefined;
    const id = await this.uploads().start(key, { contentType: mediaType, metadata, digests: hasDigests });
    return {
      key,
      id,
      token,
      mediaType,
      ...(isWhole ? { whole: true } : {}),
      ...(isRelayed ? { relayed: true } : {}),
      ...(pod === undefined ? {} : { pod }),
    };
  }

  private uploadsOf(job: JobRecord, annotations: Readonly<Record<string, string>>): UploadRecords {
    return uploadsOf(job, annotations[ownAnnotation.uploads], this.configuration.environment.bucket.pathPrefix);
  }

  private async note({ name, uid, resourceVersion }: JobRecord, text: string): Promise<void> {
    const patched = await this.client.patchJob(name, {
      metadata: { uid, resourceVersion, annotations: { [ownAnnotation.uploads]: text } },
    });
    if (patched) this.cache.observe(patched);
  }

  private assertDeclared(job: JobRecord, outputId: string): void {
    const declared = this.outputs.of(job);
    if (declared.size > 0 && !declared.has(outputId))
      throw new NotAvailableError(
        `The process has no output "${outputId}"; known are ${[...declared.keys()].join(', ')}.`,
      );
  }

  private assertSize({ size }: Pick<Announcement, 'size'>, isOneRequest = true): number {
    const most = this.configuration.server.maxOutputBytes;
    if (size === undefined)
      throw new LengthRequiredError('Say how many bytes come (Content-Length): send a file, not a pipe.');
    if (size > most) throw new PayloadTooLargeError(`An output may have ${most} bytes at the most (has ${size}).`);
    if (isOneRequest && size > LARGEST_PART)
      throw new PayloadTooLargeError(
        `One request takes ${LARGEST_PART} bytes at the most (has ${size}): send the file in parts.`,
      );
    return size;
  }

  private uploads(): UploadStore {
    const { uploads } = this.store;
    if (!uploads) throw new ObjectStoreError('not-configured', 'There is no object store.', true);
    return uploads;
  }
}
