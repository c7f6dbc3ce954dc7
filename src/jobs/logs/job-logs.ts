import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Readable } from 'node:stream';
import { Configuration } from '../../config/configuration.js';
import { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { type ByteRange, ReadersStore } from '../../object-store/object-store.js';
import { isCut } from '../../object-store/whole-object.js';
import { LogIncompleteError, NotAvailableError } from '../../ogc/domain-errors.js';
import { JobCache } from '../model/job-cache.js';
import type { JobStatus } from '../model/job-status.js';
import { beyondEnd, withoutFirst } from './log-streams.js';
import { isWhole, type LogPart, rangesOf } from './log-parts.js';
import { maskCapabilities } from './masked-log.js';
import { PodLogs, untilKnown } from './pod-logs.js';
import { attemptNumbered, numberOfNewest } from '../model/job-attempts.js';
import type { JobRecord } from '../model/job-record.js';
import { logKeyStem } from './log-document.js';
import { hasEnded, type PodRecord } from '../model/pod-record.js';

const DAY = 24 * 3600 * 1000;
/** Milliseconds that a reader waits for a log that is being collected. */
const COLLECTION_PATIENCE = 10_000;

interface Reading {
  /** Whether to go on until the job ends. */
  readonly follow: boolean;
  readonly gone: AbortSignal;
  /** Bytes of the text that who follows it has. */
  readonly from: number;
  readonly part: LogPart;
  /** Whether the newest pod's log is wanted, whatever attempt that is. */
  readonly newest?: boolean;
  /** Whether it is left out why a container has no log that may yet have one. */
  readonly soFar?: boolean;
}

/** Logs of jobs: live while they run, from the object store afterwards. Both are the same document. */
@Injectable()
export class JobLogs implements BeforeApplicationShutdown {
  private readonly closing = new AbortController();
  private readonly pods: PodLogs;
  private readonly prefix: string;

  constructor(
    private readonly cache: JobCache,
    client: KubernetesClient,
    private readonly store: ReadersStore,
    configuration: Configuration,
  ) {
    this.prefix = configuration.environment.bucket.pathPrefix;
    this.pods = new PodLogs(cache, client, (job) => ['accepted', 'running'].includes(this.statusOf(job)));
  }

  /**
   * @param follow whether to go on until the job ends; containers are followed one after another, in the order of the document
   * @param gone ends a follow; so does the server's shutdown
   * @returns UTF-8 text as the job's containers wrote it, without the job's capability
   * @throws NotAvailableError where nothing has run yet, or where the log was not kept
   */
  async read(job: JobRecord, follow: boolean, gone: AbortSignal, part: LogPart = {}): Promise<Readable> {
    return maskCapabilities(await this.open(job, { follow, gone, from: 0, part, newest: true }));
  }

  /**
   * The log of one attempt.
   * @param attempt from 1; the one after those that are noted is the newest
   * @param from bytes of the text that are left out
   * @param part what of the log is the text
   * @throws NotAvailableError where there was no such attempt or container, or its log was not kept; RangeNotSatisfiableError
   * where the text has fewer bytes than `from`, so far
   */
  async readAttempt(
    job: JobRecord,
    attempt: number,
    follow: boolean,
    gone: AbortSignal,
    from = 0,
    part: LogPart = {},
  ): Promise<Readable> {
    return withoutFirst(maskCapabilities(await this.openAttempt(job, attempt, { follow, gone, from, part })), from);
  }

  /**
   * What who follows the log of an attempt would have by now, so that it can be followed from its end; of one that is over all there is.
   * @throws as {@link readAttempt}
   */
  async readSoFar(job: JobRecord, attempt: number, gone: AbortSignal, part: LogPart): Promise<Readable> {
    const soFar = !this.isOver(job, attempt);
    return maskCapabilities(await this.openAttempt(job, attempt, { follow: false, gone, from: 0, part, soFar }));
  }

  private async openAttempt(job: JobRecord, attempt: number, options: Reading): Promise<Readable> {
    if (attempt === numberOfNewest(job)) return this.open(job, options);
    const { logKey, logSize } = attemptNumbered(job, attempt);
    return this.readStored(`The log of attempt ${attempt} of job "${job.jobId}"`, logKey, logSize, options.part);
  }

  /** The newest attempt of the job: those that are noted have had another after them. */
  newestAttempt(job: JobRecord): number {
    return numberOfNewest(this.current(job) ?? job);
  }

  /** The job as it is known now; undefined where it is gone. One that is in the archive stays as it is. */
  current(job: JobRecord): JobRecord | undefined {
    const current = this.cache.jobs.get(job.name);
    if (current?.uid === job.uid) return current;
    return job.fromArchive || job.archivedState !== undefined ? job : undefined;
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

  /** Whether nothing can come any more to this part of the log of an attempt. */
  isPartOver(job: JobRecord, attempt: number, { container }: LogPart): boolean {
    if (container === undefined || this.isOver(job, attempt)) return this.isOver(job, attempt);
    const found = this.podNow(job, false)?.containers.find(({ name }) => name === container);
    return found?.state === 'terminated';
  }

  /** Names of the containers of an attempt whose pod is there. */
  containersOf(job: JobRecord, attempt: number): string[] {
    if (attempt !== this.newestAttempt(job)) return [];
    return this.podNow(job, false)?.containers.map(({ name }) => name) ?? [];
  }

  /** Resolves when {@link isOver}, or after so many milliseconds, or with the signal. */
  async whenOver(job: JobRecord, attempt: number, milliseconds: number, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
    await untilKnown(this.cache, job, either, () => this.isOver(job, attempt) || undefined);
  }

  /** Ends with the given one, or with the server's shutdown. */
  untilClosing(gone: AbortSignal): AbortSignal {
    return AbortSignal.any([gone, this.closing.signal]);
  }

  private async open(job: JobRecord, reading: Reading): Promise<Readable> {
    const { follow, gone, from, part, newest = false, soFar } = reading;
    const signal = this.untilClosing(gone);
    const current = await this.collectedIfGoing(job, follow, signal);
    if (current.logKey !== undefined)
      return this.readStored(`The log of job "${job.jobId}"`, current.logKey, current.logSize, part);
    const known = follow ? await this.podOf(job, newest, signal) : this.podNow(job, newest);
    const collected = known ? undefined : await this.readCollected(job, part);
    if (collected) return collected;
    const pod = known ?? (await this.podFound(current, newest));
    if (!pod)
      throw new NotAvailableError(`Job "${job.jobId}" has no log: it has no pod${follow ? '' : ' yet, or any more'}.`);
    if (part.container !== undefined && pod.containers.every(({ name }) => name !== part.container))
      throw noContainer(`The log of job "${job.jobId}"`, part);
    if (follow && from > 0) await this.assertReached(pod, from, signal, part);
    const text = follow ? this.pods.follow(job, pod, signal, part) : this.pods.snapshot(pod, signal, part, soFar);
    return Readable.from(text, { objectMode: false });
  }

  /**
   * @param size bytes, as they were noted
   * @throws NotAvailableError; LogIncompleteError where it is not whole
   */
  private async readStored(what: string, key: string, size: number | undefined, part: LogPart): Promise<Readable> {
    const stored = await this.store.read(key);
    if (!stored) throw new NotAvailableError(`${what} is no longer in the object store (key ${key}).`);
    const { object, body } = stored;
    if (!isCut(object, size)) return this.partOf(what, key, body, part);
    body.destroy();
    throw new LogIncompleteError(
      `${what} is not whole: of its ${size ?? object.metadata['size']} bytes ${object.size} are in the object store (key ${key}).`,
    );
  }

  /** Read once to find where the part is, then that alone. */
  private async partOf(what: string, key: string, body: Readable, part: LogPart): Promise<Readable> {
    if (isWhole(part)) return body;
    const ranges = await rangesOf(body, part);
    if (!ranges) throw noContainer(what, part);
    return Readable.from(this.ranges(key, ranges), { objectMode: false });
  }

  private async *ranges(key: string, ranges: readonly ByteRange[]): AsyncGenerator<Buffer> {
    for (const range of ranges) {
      const stored = await this.store.read(key, range);
      if (!stored) return;
      for await (const chunk of stored.body) yield chunk as Buffer;
    }
  }

  /** That the log has so many bytes by now: who follows it would wait for them. */
  private async assertReached(pod: PodRecord, bytes: number, signal: AbortSignal, part: LogPart): Promise<void> {
    let size = 0;
    for await (const chunk of this.pods.snapshot(pod, signal, part, true)) size += chunk.length;
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
    const collected = await untilKnown(this.cache, job, patience, () => {
      const current = this.cache.jobs.get(job.name);
      return !current ? null : current.logKey !== undefined || current.collection === 'done' ? current : undefined;
    });
    return collected ?? job;
  }

  /** The predecessor did not note where it had put a log: under the day of the upload, which is that of the job's end or the next. */
  private async readCollected(job: JobRecord, part: LogPart): Promise<Readable | undefined> {
    const { finished } = this.cache.statusOf(job);
    if (!finished) return undefined;
    for (const day of [finished, new Date(finished.getTime() + DAY)]) {
      const key = `${logKeyStem(this.prefix, job.name, day)}.txt`;
      const stored = await this.store.read(key);
      if (stored) return this.partOf(`The log of job "${job.jobId}"`, key, stored.body, part);
    }
    return undefined;
  }

  beforeApplicationShutdown(): void {
    this.closing.abort();
  }

  /** The pod of the attempt after those that are noted. Where a job is tried again there may be the next one's already. */
  private podNow(job: JobRecord, newest: boolean, pods = this.cache.podsOf(job)): PodRecord | undefined {
    if (newest || job.backoffLimit === 0 || job.collection !== 'pending') return pods[0];
    const { attempts } = this.current(job) ?? job;
    return pods.filter((pod) => !attempts.some(({ uid }) => uid === pod.uid)).at(-1);
  }

  /** As {@link podNow}, of a Job that is over, which may be known before its pod is. */
  private async podFound(job: JobRecord, newest: boolean): Promise<PodRecord | undefined> {
    if (job.fromArchive || !this.cache.statusOf(job).finished) return undefined;
    return this.podNow(job, newest, await this.cache.podsFoundOf(job));
  }

  private podOf(job: JobRecord, newest: boolean, signal: AbortSignal): Promise<PodRecord | undefined> {
    return untilKnown(this.cache, job, signal, () => {
      const pod = this.podNow(job, newest);
      if (pod) return pod;
      const current = this.cache.jobs.get(job.name);
      return !current || current.condition || current.outcome ? null : undefined;
    });
  }
}

function noContainer(what: string, { container }: LogPart): NotAvailableError {
  return new NotAvailableError(`${what} has no container "${container}".`);
}
