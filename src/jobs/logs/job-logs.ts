import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Readable } from 'node:stream';
import { Configuration } from '../../config/configuration.js';
import { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import { ReadersStore } from '../../object-store/object-store.js';
import { isCut } from '../../object-store/whole-object.js';
import { LogIncompleteError, NotAvailableError } from '../../ogc/domain-errors.js';
import { JobCache } from '../model/job-cache.js';
import type { JobStatus } from '../model/job-status.js';
import { beyondEnd, withoutFirst } from './log-streams.js';
import { maskCapabilities } from './masked-log.js';
import { SharedLogs } from './shared-logs.js';
import { attemptNumbered, numberOfNewest } from '../model/job-attempts.js';
import type { JobRecord } from '../model/job-record.js';
import { containerHeading, logKeyStem, missingLog, podHeading, whyNotRun } from './log-document.js';
import { hasEnded, type ContainerRecord, type PodRecord } from '../model/pod-record.js';

const DAY = 24 * 3600 * 1000;
/** Milliseconds that a reader waits for a log that is being collected. */
const COLLECTION_PATIENCE = 10_000;
/** Milliseconds that it may take until a container is known to have ended whose log has. */
const END_PATIENCE = 5_000;
const NEWLINE = Buffer.from('\n');

interface Reading {
  /** Whether to go on until the job ends. */
  readonly follow: boolean;
  readonly gone: AbortSignal;
  /** Bytes of the text that who follows it has. */
  readonly from: number;
  /** Whether the newest pod's log is wanted, whatever attempt that is. */
  readonly newest?: boolean;
}

/** Logs of jobs: live while they run, from the object store afterwards. Both are the same document. */
@Injectable()
export class JobLogs implements BeforeApplicationShutdown {
  private readonly closing = new AbortController();
  private readonly shared = new SharedLogs();
  private readonly prefix: string;

  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly store: ReadersStore,
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
    return maskCapabilities(await this.open(job, { follow, gone, from: 0, newest: true }));
  }

  /**
   * The log of one attempt.
   * @param attempt from 1; the one after those that are noted is the newest
   * @param from bytes of the text that are left out
   * @throws NotAvailableError where there was no such attempt, or its log was not kept; RangeNotSatisfiableError where the
   * log has fewer bytes than `from`, so far
   */
  async readAttempt(job: JobRecord, attempt: number, follow: boolean, gone: AbortSignal, from = 0): Promise<Readable> {
    return withoutFirst(maskCapabilities(await this.openAttempt(job, attempt, { follow, gone, from })), from);
  }

  private async openAttempt(job: JobRecord, attempt: number, options: Reading): Promise<Readable> {
    if (attempt === numberOfNewest(job)) return this.open(job, options);
    const { logKey, logSize } = attemptNumbered(job, attempt);
    return this.readStored(`The log of attempt ${attempt} of job "${job.jobId}"`, logKey, logSize);
  }

  /** The newest attempt of the job: those that are noted have had another after them. */
  newestAttempt(job: JobRecord): number {
    return numberOfNewest(this.current(job) ?? job);
  }

  /** The job as it is known now; undefined where it is gone. */
  current(job: JobRecord): JobRecord | undefined {
    const current = this.cache.jobs.get(job.name);
    return current?.uid === job.uid ? current : undefined;
  }

  statusOf(job: JobRecord): JobStatus['status'] {
    const current = this.current(job);
    return current ? this.cache.statusOf(current).status : 'dismissed';
  }

  isFollowedByAnother(job: JobRecord, attempt: number): boolean {
    return this.newestAttempt(job) > attempt;
  }

  /** Whether nothing can come any more to the log of an attempt. */
  isOver(job: JobRecord, attempt: number): boolean {
    return this.isFollowedByAnother(job, attempt) || !['accepted', 'running'].includes(this.statusOf(job));
  }

  /** Resolves when {@link isOver}, or after so many milliseconds, or with the signal. */
  async whenOver(job: JobRecord, attempt: number, milliseconds: number, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
    await this.until(job, either, () => this.isOver(job, attempt) || undefined);
  }

  /** Ends with the given one, or with the server's shutdown. */
  untilClosing(gone: AbortSignal): AbortSignal {
    return AbortSignal.any([gone, this.closing.signal]);
  }

  private async open(job: JobRecord, { follow, gone, from, newest = false }: Reading): Promise<Readable> {
    const signal = this.untilClosing(gone);
    const current = await this.collectedIfGoing(job, follow, signal);
    if (current.logKey !== undefined)
      return this.readStored(`The log of job "${job.jobId}"`, current.logKey, current.logSize);
    const pod = follow ? await this.podOf(job, newest, signal) : this.podNow(job, newest);
    const collected = pod ? undefined : await this.readCollected(job);
    if (collected) return collected;
    if (!pod)
      throw new NotAvailableError(`Job "${job.jobId}" has no log: it has no pod${follow ? '' : ' yet, or any more'}.`);
    if (follow && from > 0) await this.assertReached(pod, from, signal);
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

  /** That the log has so many bytes by now: who follows it would wait for them. */
  private async assertReached(pod: PodRecord, bytes: number, signal: AbortSignal): Promise<void> {
    let size = 0;
    for await (const chunk of this.snapshot(pod, signal, true)) size += chunk.length;
    if (size < bytes && !signal.aborted) throw beyondEnd(bytes, size);
  }

  /**
   * What runs no more and is being deleted has no log to read, but one is being collected: that is waited for, but not for
   * ever. Who follows the log of a job that has ended waits, too, for what was collected is known to be whole.
   */
  private async collectedIfGoing(job: JobRecord, follow: boolean, signal: AbortSignal): Promise<JobRecord> {
    const isGoing = () => {
      const [pod] = this.cache.podsOf(job);
      if (follow && pod && job.outcome !== undefined) return true;
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

  /** @param soFar what who follows it would have by now: nothing of containers that may yet start */
  private async *snapshot(pod: PodRecord, signal: AbortSignal, soFar = false): AsyncGenerator<Buffer> {
    yield Buffer.from(podHeading(pod));
    for (const container of pod.containers) {
      if (soFar && !container.hasRun && !hasEnded(pod)) return;
      yield Buffer.from(containerHeading(container));
      const read = async () => this.client.readLog(pod.name, container.name, { signal });
      const isWhole = yield* this.containerLog(container, read, signal);
      if (!isWhole && (container.state !== 'running' || container !== pod.containers.at(-1))) yield NEWLINE;
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
      const read = async () => this.followed(job, pod, container, signal);
      const isWhole = yield* this.containerLog(container, read, signal);
      if (isWhole && name === pod.containers.at(-1)?.name) return;
      if (!(await this.hasRunOut(job, pod, name, signal))) return;
      if (!isWhole) yield NEWLINE;
    }
  }

  /** Whether a container whose log can be followed no longer has ended: else following it broke off, and what would come is not what comes next. */
  private async hasRunOut(job: JobRecord, pod: PodRecord, name: string, signal: AbortSignal): Promise<boolean> {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(END_PATIENCE)]);
    const ended = await this.until(job, patience, () => {
      const current = this.cache.pods.get(pod.name);
      const container = current?.containers.find((candidate) => candidate.name === name);
      return !current || hasEnded(current) || container?.state === 'terminated' || undefined;
    });
    return ended === true;
  }

  /** While its job goes on, one stream for all who follow a container. */
  private async *followed(job: JobRecord, pod: PodRecord, { name, state }: ContainerRecord, signal: AbortSignal) {
    const open = (until: AbortSignal) => this.client.readLog(pod.name, name, { follow: true, signal: until });
    const isLive = state === 'running' && ['accepted', 'running'].includes(this.statusOf(job));
    yield* isLive ? this.shared.follow(`${pod.uid}/${name}`, open, signal) : await open(signal);
  }

  /** @returns whether it ends with a line, or is empty */
  private async *containerLog(
    container: ContainerRecord,
    read: () => Promise<AsyncIterable<unknown>>,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer, boolean> {
    if (!container.hasRun) {
      yield Buffer.from(missingLog(whyNotRun(container)));
      return true;
    }
    let last = 0x0a;
    try {
      for await (const chunk of await read()) {
        const bytes = chunk as Buffer;
        last = bytes[bytes.length - 1] ?? last;
        yield bytes;
      }
    } catch (error) {
      if (signal.aborted) return true;
      if (!(error instanceof KubernetesError) || error.retryable) throw error;
      yield Buffer.from(missingLog(error.words));
      return true;
    }
    return last === 0x0a;
  }

  /** The pod of the attempt after those that are noted. Where a job is tried again there may be the next one's already. */
  private podNow(job: JobRecord, newest: boolean): PodRecord | undefined {
    const pods = this.cache.podsOf(job);
    if (newest || job.backoffLimit === 0 || job.collection !== 'pending') return pods[0];
    const { attempts } = this.current(job) ?? job;
    return pods.filter((pod) => !attempts.some(({ uid }) => uid === pod.uid)).at(-1);
  }

  private podOf(job: JobRecord, newest: boolean, signal: AbortSignal): Promise<PodRecord | undefined> {
    return this.until(job, signal, () => {
      const pod = this.podNow(job, newest);
      if (pod) return pod;
      const current = this.cache.jobs.get(job.name);
      return !current || current.condition || current.outcome ? null : undefined;
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
