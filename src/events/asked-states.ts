import { Injectable } from '@nestjs/common';
import { LoggedProgress } from '../jobs/logs/logged-progress.js';
import { JobCache } from '../jobs/model/job-cache.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import type { JobStatus } from '../jobs/model/job-status.js';
import { type Clock, systemClock } from '../k8s/time/clock.js';
import { QueuePlaces } from '../queues/queue-places.js';

/** Milliseconds between the end of one round of questions and the next. */
export const ASK_EVERY = 3_000;
/** Jobs that are asked about at a time. */
const AT_A_TIME = 10;

/**
 * What no cache holds of jobs: progress that is only printed, and places in queues of Kueue. It is asked for as a status request does,
 * while somebody listens to the jobs by their ids: once a round for each, however many listen.
 */
@Injectable()
export class AskedStates {
  /** Of Jobs that are listened to, and of which there is something to ask. */
  private readonly names = new Set<string>();
  private isAsking = false;
  private cancel: (() => void) | undefined;
  /** Called when there is news of a job; set by who tells. */
  onAsked: (name: string) => void = () => undefined;
  clock: Clock = systemClock;

  constructor(
    private readonly cache: JobCache,
    private readonly progress: LoggedProgress,
    private readonly places: QueuePlaces,
  ) {}

  /** The status of a job with what was answered last; asks nothing. */
  of(job: JobRecord): JobStatus {
    return this.places.withKnown(this.progress.withKnown(this.cache.statusWithPlace(job), job), job);
  }

  /** Somebody listens to a job, which is now so; undefined: it is gone. */
  watch(name: string, job: JobRecord | undefined): void {
    if (!job || !this.isOpen(job)) return this.forget(name);
    this.names.add(name);
    if (!this.isAsking) this.cancel ??= this.clock.after(0, () => void this.ask());
  }

  /** Nobody listens to it any more. */
  forget(name: string): void {
    this.names.delete(name);
    if (this.names.size > 0) return;
    this.cancel?.();
    this.cancel = undefined;
  }

  private isOpen(job: JobRecord): boolean {
    const status = this.cache.statusOf(job);
    return this.progress.isAsked(status, job) || this.places.isAsked(status);
  }

  private async ask(): Promise<void> {
    this.cancel = undefined;
    this.isAsking = true;
    const names = [...this.names];
    const inTurn = async () => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) await this.askAbout(name);
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, inTurn));
    this.isAsking = false;
    if (this.names.size > 0) this.cancel = this.clock.after(ASK_EVERY, () => void this.ask());
  }

  private async askAbout(name: string): Promise<void> {
    const job = this.cache.jobs.get(name);
    if (!job || !this.names.has(name)) return;
    const [status, before] = [this.cache.statusOf(job), this.of(job)];
    await Promise.all([this.progress.addTo(status, job), this.places.addTo(status, job)]);
    if (this.names.has(name) && isNews(before, this.of(job))) this.onAsked(name);
  }
}

function isNews(before: JobStatus, now: JobStatus): boolean {
  return (
    before.progress !== now.progress || before.message !== now.message || before.queue?.position !== now.queue?.position
  );
}
