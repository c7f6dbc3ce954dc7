import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Change } from '../k8s/informers/informer.js';
import { type Clock, systemClock } from '../k8s/time/clock.js';
import { outlivesJob } from '../jobs/model/dismissal.js';
import { JobCache } from '../jobs/model/job-cache.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { AskedStates } from './asked-states.js';
import { StatusTexts } from './status-texts.js';
import type { JobStatus } from '../jobs/model/job-status.js';

/** A job is told of at most so often, milliseconds. */
export const SPACING = 100;
/** The places of those that wait, which move with every other job, milliseconds. */
const PLACES_SPACING = 1_000;

/** What all who listen to a job have been told of it. */
export interface Told {
  readonly job: JobRecord;
  readonly status: JobStatus;
}

/** What was told before: `nothing` where there was no job; undefined where nobody knows what a listener has from elsewhere. */
export type Before = Told | 'nothing' | undefined;

export interface Listener {
  /** Names of the Jobs that it is about; undefined: all. */
  readonly names?: ReadonlySet<string>;
  /**
   * The job is not as was told before.
   * @param gone the last that was known of one that is not in the cluster any more
   * @param archived of one that is in the archive now
   */
  mark(name: string, before: Before, gone?: JobRecord, archived?: Told): void;
  /** The server shuts down. */
  end(): void;
}

interface Known {
  told: Before;
  /** Of a job that is gone. */
  last?: JobRecord;
  /** When it was told of, by the clock; undefined: it was not yet. */
  at?: number;
  /** Ends that a look at it is due. */
  cancel?: () => void;
}

/**
 * Hears of every change of a job and tells those who listen, a job at most once in {@link SPACING}: the first change at once, of those that
 * follow soon the last. All are told the same states of a job in the same order, whoever came when, so that a state is looked at, and
 * written, once for all. Costs nothing while nobody listens; what the caches do not hold is told of jobs that are listened to by name
 * ({@link AskedStates}).
 */
@Injectable()
export class StatusFeed implements OnModuleInit, BeforeApplicationShutdown {
  private readonly jobs = new Map<string, Known>();
  private readonly ofNames = new Map<string, Set<Listener>>();
  private readonly ofAll = new Set<Listener>();
  /** Jobs with a look due: the version up to which all had been told before. In the order of those. */
  private readonly due = new Map<string, string>();
  private placesAreDue = false;
  private version = '0';
  private isClosing = false;
  clock: Clock = systemClock;

  constructor(
    private readonly cache: JobCache,
    private readonly texts: StatusTexts,
    private readonly asked: AskedStates,
  ) {}

  onModuleInit(): void {
    this.asked.onAsked = (name) => {
      if (this.ofNames.has(name)) this.noteChange(name, undefined);
    };
    this.cache.onAnyChange((name, change) => this.onChange(name, change));
  }

  beforeApplicationShutdown(): void {
    this.isClosing = true;
    for (const listener of new Set([...this.ofAll, ...[...this.ofNames.values()].flatMap((some) => [...some])]))
      listener.end();
  }

  /** The resource version of Jobs up to which listeners have been told everything; undefined: nobody knows of any. */
  get cursor(): string | undefined {
    const [behind = this.cache.jobs.version] = this.due.values();
    return behind === '0' ? undefined : behind;
  }

  /** @returns what ends it, for good */
  listen(listener: Listener): () => void {
    if (this.isClosing) {
      listener.end();
      return () => undefined;
    }
    if (!listener.names) this.ofAll.add(listener);
    for (const name of listener.names ?? []) {
      this.ofNames.set(name, (this.ofNames.get(name) ?? new Set<Listener>()).add(listener));
      this.asked.watch(name, this.cache.jobs.get(name));
    }
    return () => this.leave(listener);
  }

  /** What is told of a job, the same to all until the next change of it is; only for who listens. Undefined: there is none. */
  told(name: string): Told | undefined {
    const known: Known = this.jobs.get(name) ?? { told: this.look(name) ?? 'nothing' };
    this.keep(name, known);
    // A look is due of what others have not been told of: they are told together.
    if (known.told === undefined) this.tell(name, known);
    return known.told === 'nothing' ? undefined : known.told;
  }

  private leave(listener: Listener): void {
    this.ofAll.delete(listener);
    for (const name of listener.names ?? []) {
      const others = this.ofNames.get(name);
      others?.delete(listener);
      if (others?.size !== 0) continue;
      this.ofNames.delete(name);
      this.asked.forget(name);
    }
    if (!listener.names && this.ofAll.size > 0) return;
    for (const name of listener.names ?? this.jobs.keys())
      if (!this.ofNames.has(name) && (this.ofAll.size === 0 || this.isGone(name))) this.forget(name);
  }

  /** Whether those who listen to all need nothing remembered of it. */
  private isGone(name: string): boolean {
    const known = this.jobs.get(name);
    return known !== undefined && !known.cancel && (known.told === 'nothing' || known.last !== undefined);
  }

  private forget(name: string): void {
    this.jobs.get(name)?.cancel?.();
    this.jobs.delete(name);
    this.due.delete(name);
  }

  private onChange(name: string, change?: Change<JobRecord>): void {
    if (this.ofAll.size > 0 || this.ofNames.has(name)) this.noteChange(name, change);
    if (this.ofNames.size > 0) this.movePlaces();
    this.version = this.cache.jobs.version;
  }

  private noteChange(name: string, change: Change<JobRecord> | undefined): void {
    const known = this.jobs.get(name) ?? { told: this.before(change) };
    this.jobs.set(name, known);
    if (change) known.last = change.record ? undefined : change.previous;
    if (known.cancel) return;
    this.due.set(name, this.version);
    const wait = known.at === undefined ? 0 : Math.max(0, known.at + SPACING - this.clock.now());
    known.cancel = this.clock.after(wait, () => this.tell(name, known));
  }

  /** What there was before a change of what nobody here has been told of. */
  private before(change: Change<JobRecord> | undefined): Before {
    if (!change) return undefined;
    const { record, previous } = change;
    if (!previous) return 'nothing';
    return record ? undefined : { job: previous, status: this.cache.statusOf(previous) };
  }

  private tell(name: string, known: Known): void {
    const before = known.told;
    known.cancel?.();
    known.cancel = undefined;
    known.at = this.clock.now();
    this.due.delete(name);
    const now = this.look(name, known.last);
    known.told = now ?? 'nothing';
    this.keep(name, known);
    if (this.ofNames.has(name)) this.asked.watch(name, now?.job);
    if (!now && before === 'nothing') return;
    const archived = known.last ? now : undefined;
    if (!archived && now && typeof before === 'object' && this.texts.areSame(before.status, now.status)) {
      // Texts are kept with their status.
      known.told = { job: now.job, status: before.status };
      return;
    }
    for (const listener of [...this.ofAll, ...(this.ofNames.get(name) ?? [])])
      listener.mark(name, before, known.last, archived);
  }

  /** Jobs that are gone, or in the archive alone, are not remembered for those who listen to all. */
  private keep(name: string, known: Known): void {
    if ((known.told !== 'nothing' && !known.last) || this.ofNames.has(name)) this.jobs.set(name, known);
    else this.jobs.delete(name);
  }

  /** @param last of a job that is not in the cluster any more: it is there all the same where the archive has it */
  private look(name: string, last?: JobRecord): Told | undefined {
    const job = this.cache.jobs.get(name) ?? (last && outlivesJob(last) ? last : undefined);
    return job && { job, status: this.asked.of(job) };
  }

  /** Where a job leaves the line, or comes to it, others move: those of them that somebody listens to by name are looked at again. */
  private movePlaces(): void {
    if (this.placesAreDue) return;
    this.placesAreDue = true;
    // Not before: all names are looked at, of which there may be many, and changes come often.
    this.clock.after(PLACES_SPACING, () => {
      this.placesAreDue = false;
      for (const name of this.ofNames.keys())
        if (waitsInLine(this.jobs.get(name)?.told)) this.noteChange(name, undefined);
    });
  }
}

/** In the server's own line; what Kueue says of a job is a change of that job. */
function waitsInLine(told: Before): boolean {
  if (typeof told !== 'object') return false;
  const { queue } = told.status;
  return queue?.reason !== undefined && queue.name === undefined;
}
