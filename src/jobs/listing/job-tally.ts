import { Injectable } from '@nestjs/common';
import { isGoing } from '../model/dismissal.js';
import { JobCache } from '../model/job-cache.js';
import type { CauseType } from '../model/job-outcome.js';
import type { JobRecord } from '../model/job-record.js';
import { jobStatus, type StatusCode } from '../model/job-status.js';

/** In what lists count jobs together. */
export interface TalliedState extends Pick<JobRecord, 'processId' | 'processUnsigned' | 'owner'> {
  readonly status: StatusCode;
  /** Of jobs that failed. */
  readonly cause?: CauseType;
  /** The archive has them, in this state. */
  readonly isArchived?: true;
}

/** Jobs that are looked at in one turn of the event loop. */
const SLICE = 200;

/** Jobs that are counted together. */
export interface Bin extends TalliedState {
  /** Their names. */
  readonly jobs: ReadonlySet<string>;
}

interface OpenBin extends Bin {
  readonly jobs: Set<string>;
}

/**
 * How many jobs there are of each process in each state, kept as they change: a look costs what has changed a moment ago. Nothing but a
 * job's record and its pods decides its state.
 */
@Injectable()
export class JobTally {
  /** By owner, nobody's under the empty name; then by all that is counted together. */
  private readonly bins = new Map<string, Map<string, OpenBin>>();
  private readonly binOf = new Map<string, OpenBin>();
  /** Names of jobs that are to be looked at again, all of them there. */
  private readonly changed = new Set<string>();
  private isScheduled = false;

  constructor(private readonly cache: JobCache) {
    cache.jobs.subscribe(({ name, record }) => {
      if (record) this.note(name);
      else this.forget(name);
    });
    cache.pods.subscribe(({ record, previous }) => {
      for (const pod of [previous, record]) if (pod && cache.jobs.get(pod.jobName)) this.note(pod.jobName);
    });
  }

  /** The jobs of each state that some are in. @param owners undefined: of all, and of nobody */
  states(owners?: readonly string[]): readonly Bin[] {
    this.update();
    const some = owners ? owners.map((owner) => this.bins.get(owner)) : [...this.bins.values()];
    return some.flatMap((bins) => [...(bins?.values() ?? [])]);
  }

  /** The state of a job of the cache; the same object for all that are counted together. */
  stateOf(job: JobRecord): TalliedState {
    if (this.changed.size > 0) this.update();
    return this.binOf.get(job.name) ?? this.stateNow(job);
  }

  private note(name: string): void {
    this.changed.add(name);
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => this.updateSome());
  }

  /** In slices, so that many changes at once hold up nobody, nor who looks next. */
  private updateSome(): void {
    this.isScheduled = false;
    this.update(SLICE);
    const [next] = this.changed;
    if (next !== undefined) this.note(next);
  }

  private update(most = Infinity): void {
    let left = most;
    for (const name of this.changed) {
      if (left-- <= 0) return;
      this.changed.delete(name);
      const job = this.cache.jobs.get(name);
      this.take(name);
      if (job) this.put(name, this.stateNow(job));
    }
  }

  private stateNow(job: JobRecord): TalliedState {
    const { processId, processUnsigned, owner } = job;
    // Not from the cache, which would keep the whole status of each job that has ended.
    const { status, cause } = jobStatus(job, this.cache.podsOf(job));
    // Of one that is being removed the archive has what it was before.
    const isArchived = job.archivedState !== undefined && !isGoing(job);
    return {
      processId,
      processUnsigned,
      owner,
      status,
      cause: status === 'failed' ? cause?.type : undefined,
      ...(isArchived ? { isArchived } : {}),
    };
  }

  private put(name: string, state: TalliedState): void {
    const { owner = '' } = state;
    const bins = this.bins.get(owner) ?? new Map<string, OpenBin>();
    this.bins.set(owner, bins);
    const key = keyOf(state);
    const bin = bins.get(key) ?? { ...state, jobs: new Set<string>() };
    bin.jobs.add(name);
    bins.set(key, bin);
    this.binOf.set(name, bin);
  }

  private take(name: string): void {
    const bin = this.binOf.get(name);
    if (!bin) return;
    this.binOf.delete(name);
    bin.jobs.delete(name);
    if (bin.jobs.size > 0) return;
    const { owner = '' } = bin;
    const bins = this.bins.get(owner);
    bins?.delete(keyOf(bin));
    if (bins?.size === 0) this.bins.delete(owner);
  }

  private forget(name: string): void {
    this.changed.delete(name);
    this.take(name);
  }
}

function keyOf({ status, cause, processUnsigned, isArchived, processId }: TalliedState): string {
  return `${status} ${cause ?? ''} ${processUnsigned ?? ''} ${isArchived ?? ''} ${processId}`;
}
