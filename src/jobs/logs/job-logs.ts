import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Readable } from 'node:stream';
import { Configuration } from '../../config/configuration.js';
import { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import { ObjectStore } from '../../object-store/object-store.js';
import { isCut } from '../../object-store/whole-object.js';
import { LogIncompleteError, NotAvailableError } from '../../ogc/domain-errors.js';
import { JobCache } from '../model/job-cache.js';
import { maskCapabilities } from './masked-log.js';
import type { JobRecord } from '../model/job-record.js';
import { containerHeading, logKeyStem, missingLog, podHeading, whyNotRun } from './log-document.js';
import { hasEnded, type ContainerRecord, type PodRecord } from '../model/pod-record.js';

const DAY = 24 * 3600 * 1000;
/** Milliseconds that a reader waits for a log that is being collected. */
const COLLECTION_PATIENCE = 10_000;

/** Logs of jobs: live while they run, from the object store afterwards. Both are the same document. */
@Injectable()
export class JobLogs implements BeforeApplicationShutdown {
  private readonly closing = new AbortController();
  private readonly prefix: string;

  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly store: ObjectStore,
    configuration: Configuration,
  ) {
    this.prefix = configuration.environment.bucket.pathPrefix;
  }

  /**
   * @param follow whether to go on until the job ends; containers are followed one after another, in the order of the document
   * @param gone ends a follow; so does the server's shutdown
   * @returns UTF-8 text as the job's containers wrote it, without the job's capability
   * @throws NotAvailableError where nothing has run yet, or where the log was not kept
   */
  async read(job: JobRecord, follow: boolean, gone: AbortSignal): Promise<Readable> {
    return maskCapabilities(await this.open(job, follow, gone));
  }

  /**
   * The log of one attempt.
   * @param attempt from 1; the one after those that are noted is the newest, whose log {@link read} gives
   * @throws NotAvailableError where there was no such attempt, or its log was not kept
   */
  async readAttempt(job: JobRecord, attempt: number, follow: boolean, gone: AbortSignal): Promise<Readable> {
    if (attempt === job.attempts.length + 1) return this.read(job, follow, gone);
    const noted = job.attempts[attempt - 1];
    if (!noted)
      throw new NotAvailableError(`Job "${job.jobId}" has no attempt ${attempt}: it has ${job.attempts.length + 1}.`);
    const what = `The log of attempt ${attempt} of job "${job.jobId}"`;
    return maskCapabilities(await this.readStored(what, noted.logKey, noted.logSize));
  }

  private async open(job: JobRecord, follow: boolean, gone: AbortSignal): Promise<Readable> {
    const signal = AbortSignal.any([gone, this.closing.signal]);
    const current = await this.collectedIfGoing(job, signal);
    if (current.logKey !== undefined)
      return this.readStored(`The log of job "${job.jobId}"`, current.logKey, current.logSize);
    const pod = follow ? await this.podOf(job, signal) : this.cache.podsOf(job)[0];
    const collected = pod ? undefined : await this.readCollected(job);
    if (collected) return collected;
    if (!pod)
      throw new NotAvailableError(`Job "${job.jobId}" has no log: it has no pod${follow ? '' : ' yet, or any more'}.`);
    return Readable.from(follow ? this.follow(job, pod, signal) : this.snapshot(pod, signal), { objectMode: false });
  }

  /**
   * @param size bytes, as they were noted
   * @throws NotAvailableError; LogIncompleteError where it is not whole
   */
  private async readStored(what: string, key: string, size: number | undefined): Promise<Readable> {
    const stored = await this.store.read(key);
    if (!stored) throw new NotAvailableError(`${what} is no longer in the object store (key ${key}).`);
    const { object, body } = stored;
    if (!isCut(object, size)) return body;
    body.destroy();
    throw new LogIncompleteError(
      `${what} is not whole: of its ${size ?? object.metadata['size']} bytes ${object.size} are in the object store (key ${key}).`,
    );
  }

  /** What runs no more and is being deleted has no log to read, but one is being collected: that is waited for, but not for ever. */
  private async collectedIfGoing(job: JobRecord, signal: AbortSignal): Promise<JobRecord> {
    const isGoing = () => {
      const [pod] = this.cache.podsOf(job);
      return pod ? pod.held && pod.deleting && hasEnded(pod) : job.outcome !== undefined;
    };
    if (job.logKey !== undefined || job.collection !== 'pending' || !isGoing()) return job;
    const patience = AbortSignal.any([signal, AbortSignal.timeout(COLLECTION_PATIENCE)]);
    const collected = await this.until(job, patience, () => {
      const current = this.cache.jobs.get(job.name);
      return !current ? null : current.logKey !== undefined || current.collection === 'done' ? current : undefined;
    });
    return collected ?? job;
  }

  /** The predecessor did not note where it had put a log: under the day of the upload, which is that of the job's end or the next. */
  private async readCollected(job: JobRecord): Promise<Readable | undefined> {
    const { finished } = this.cache.statusOf(job);
    if (!finished) return undefined;
    for (const day of [finished, new Date(finished.getTime() + DAY)]) {
      const stored = await this.store.read(`${logKeyStem(this.prefix, job.name, day)}.txt`);
      if (stored) return stored.body;
    }
    return undefined;
  }

  beforeApplicationShutdown(): void {
    this.closing.abort();
  }

  private async *snapshot(pod: PodRecord, signal: AbortSignal): AsyncGenerator<Buffer> {
    yield Buffer.from(podHeading(pod));
    for (const container of pod.containers) {
      yield Buffer.from(containerHeading(container));
      yield* this.containerLog(pod, container, false, signal);
    }
  }

  private async *follow(job: JobRecord, pod: PodRecord, signal: AbortSignal): AsyncGenerator<Buffer> {
    yield Buffer.from(podHeading(pod));
    for (const { name } of pod.containers) {
      const container = await this.until(job, signal, () => {
        const current = this.cache.pods.get(pod.name);
        const found = (current ?? pod).containers.find((candidate) => candidate.name === name);
        return !current || hasEnded(current) || found?.hasRun ? found : undefined;
      });
      if (!container) return;
      yield Buffer.from(containerHeading(container));
      yield* this.containerLog(pod, container, true, signal);
    }
  }

  private async *containerLog(
    pod: PodRecord,
    container: ContainerRecord,
    follow: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer> {
    if (!container.hasRun) {
      yield Buffer.from(missingLog(whyNotRun(container)));
      return;
    }
    let last = 0x0a;
    try {
      for await (const chunk of await this.client.readLog(pod.name, container.name, { follow, signal })) {
        const bytes = chunk as Buffer;
        last = bytes[bytes.length - 1] ?? last;
        yield bytes;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof KubernetesError) || error.retryable) throw error;
      yield Buffer.from(missingLog(error.words));
      return;
    }
    if (last !== 0x0a) yield Buffer.from('\n');
  }

  private podOf(job: JobRecord, signal: AbortSignal): Promise<PodRecord | undefined> {
    return this.until(job, signal, () => {
      const [pod] = this.cache.podsOf(job);
      if (pod) return pod;
      const current = this.cache.jobs.get(job.name);
      return !current || current.condition ? null : undefined;
    });
  }

  /** Waits until `look` answers something else than undefined; null means that it never will. Also ends with the signal. */
  private async until<T>(
    job: JobRecord,
    signal: AbortSignal,
    look: () => T | null | undefined,
  ): Promise<T | undefined> {
    const found = look();
    if (found !== undefined) return found ?? undefined;
    return new Promise((resolve) => {
      const settle = (value: T | null | undefined) => {
        unsubscribe();
        signal.removeEventListener('abort', onAbort);
        resolve(value ?? undefined);
      };
      const onAbort = () => settle(undefined);
      const unsubscribe = this.cache.onChange(job.name, () => {
        const value = look();
        if (value !== undefined) settle(value);
      });
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) settle(undefined);
    });
  }
}
