import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Configuration } from '../config/configuration.js';
import { isGoing } from '../jobs/model/dismissal.js';
import { JobCache } from '../jobs/model/job-cache.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { isMediaType } from '../processes/description/media-type.js';
import { DeclaredOutputs } from '../jobs/results/declared-outputs.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { ownAnnotation } from '../k8s/names.js';
import { ObjectStoreError, PodsStore } from '../object-store/object-store.js';
import type { Upload, UploadStore } from '../object-store/uploads.js';
import { JobNotFoundError, NotAvailableError, UnavailableError } from '../ogc/domain-errors.js';
import { assertOneRequest, ended, invalidPart, type Announcement } from './announcements.js';
import { matchesCapability } from './capability.js';
import { FilePolicy } from './file-policy.js';
import { OutputCeilings } from './output-ceilings.js';
import {
  areWhole,
  formatUploadRecords,
  uploadKey,
  uploadsOf,
  type UploadRecord,
  type UploadRecords,
} from './upload-records.js';

/** Each time that somebody else changed the Job meanwhile. */
const MOST_ATTEMPTS = 20;

/** Who asks: a job, by its capability. */
export interface Holder {
  readonly jobId: string;
  readonly capability: string;
}

/** What is sent of a file: all of it, a part, nothing more. */
export type Sending = 'whole' | 'part' | 'nothing';

/** What stands on a Job that may exchange files now. */
interface Authorized {
  readonly job: JobRecord;
  readonly records: UploadRecords;
  /** The records as they stand there. */
  readonly text: string | undefined;
}

/** Which uploads a job has begun: notes them on the Job, where every server finds them. */
@Injectable()
export class UploadRegister {
  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly store: PodsStore,
    private readonly outputs: DeclaredOutputs,
    private readonly configuration: Configuration,
    private readonly policy: FilePolicy,
    private readonly ceilings: OutputCeilings,
  ) {}

  /** @throws NotAvailableError where the capability is not the job's */
  async find({ jobId, capability }: Holder): Promise<JobRecord> {
    const job = await this.cache.find(jobId);
    if (!job?.transfer || !matchesCapability(capability, job.transfer.capability))
      throw new NotAvailableError('There is nothing here: the job does not exist, or this is not its capability.');
    return job;
  }

  /** The cluster itself is asked: what a cache does not know yet must not be overlooked. */
  async authorize(holder: Holder): Promise<Authorized> {
    const known = await this.find(holder);
    const kubeJob = await this.client.getJob(known.name);
    const job = kubeJob && this.cache.recordOf(kubeJob);
    if (!job || job.uid !== known.uid) throw new JobNotFoundError(holder.jobId);
    if (job.collection !== 'pending' || job.outcome || job.condition || isGoing(job)) throw ended(holder.jobId);
    const text = kubeJob.metadata?.annotations?.[ownAnnotation.uploads];
    return { job, text, records: uploadsOf(job, text, this.configuration.environment.bucket.pathPrefix) };
  }

  /**
   * Notes on the Job what is being sent, and begins the upload where there is none yet that goes on.
   * @throws OutputCeilingError, and nothing is begun; as {@link authorize}; ObjectStoreError, KubernetesError
   */
  async register(
    holder: Holder,
    announcement: Announcement,
    sending: Sending,
    change: (known: UploadRecord) => UploadRecord,
  ): Promise<UploadRecord> {
    const { outputId, mediaType, part, size = 0 } = announcement;
    let begun: UploadRecord | undefined;
    return this.changing(holder, async ({ job, records, text: noted }) => {
      const pod = await this.attemptOf(job);
      const last = records.get(outputId);
      const goesOn = last?.pod === pod && (sending === 'nothing' || (sending === 'part' && !last?.whole));
      if (sending === 'nothing' && !(goesOn && last)) throw invalidPart('parts have not arrived');
      const others = [...records]
        .filter(([id, other]) => id !== outputId && other.pod === pod)
        .map(([, other]) => other);
      await this.ceilings.learn(others, this.uploads());
      try {
        this.ceilings.assertFits(size, others);
        if (sending !== 'nothing') assertOneRequest(size);
      } catch (error) {
        if (begun) await this.abort(begun);
        throw error;
      }
      const before = goesOn || last?.pod !== pod ? undefined : await this.arrivedBefore(last, announcement.size);
      const fresh = async () => ({
        ...(begun ??= await this.begin(job, announcement, pod, sending === 'whole')),
        ...(before ? { before } : {}),
      });
      const known = goesOn && last ? last : await fresh();
      const given = mediaType !== undefined && isMediaType(mediaType) ? { mediaType } : {};
      const record = change({ ...known, ...given });
      if (record.size === undefined) await this.ceilings.learn([record], this.uploads());
      const text = formatUploadRecords(new Map([...records, [outputId, record]]));
      if (text !== noted && !(await this.note(job, text))) return undefined;
      if (begun && begun.id !== record.id) await this.abort(begun);
      const kept = [record.id, record.before?.id];
      for (const other of [last, last?.before]) if (other && !kept.includes(other.id)) await this.abort(other);
      if (part !== undefined) this.ceilings.addPart(record, part, size, others);
      return record;
    });
  }

  /** Ends the upload of a file in parts, which can never be completed; a smaller file may come in its place. */
  async drop(holder: Holder, outputId: string): Promise<void> {
    await this.changing(holder, async ({ job, records }) => {
      const last = records.get(outputId);
      if (!last || last.whole || last.pod !== (await this.attemptOf(job))) return true;
      const others = [...records].filter(([id]) => id !== outputId);
      if (!(await this.note(job, formatUploadRecords(new Map(others))))) return undefined;
      await this.abort(last);
      if (last.before) await this.abort(last.before);
      return true;
    });
  }

  /** @param attempt gives undefined where somebody else changed the Job meanwhile */
  private async changing<T>(holder: Holder, attempt: (found: Authorized) => Promise<T | undefined>): Promise<T> {
    for (let count = 0; count < MOST_ATTEMPTS; count += 1) {
      const done = await attempt(await this.authorize(holder));
      if (done !== undefined) return done;
    }
    throw new UnavailableError('The job changes all the time; try again.', 1);
  }

  private async abort(upload: Upload): Promise<void> {
    this.ceilings.forget(upload);
    await this.uploads().abort(upload);
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
  async attemptOf(job: JobRecord): Promise<string | undefined> {
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
    if (!isWhole) this.ceilings.begin({ key, id });
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

  /** @returns false where somebody else changed the Job meanwhile */
  private async note({ name, uid, resourceVersion }: JobRecord, text: string): Promise<boolean> {
    try {
      const patched = await this.client.patchJob(name, {
        metadata: { uid, resourceVersion, annotations: { [ownAnnotation.uploads]: text } },
      });
      if (patched) this.cache.observe(patched);
      return true;
    } catch (error) {
      if (error instanceof KubernetesError && error.failure === 'conflict') return false;
      throw error;
    }
  }

  /** @throws ObjectStoreError where there is none */
  uploads(): UploadStore {
    const { uploads } = this.store;
    if (!uploads) throw new ObjectStoreError('not-configured', 'There is no object store.', true);
    return uploads;
  }
}
