import type { ArchivedJob, ArchivedStatus, ArchivePosition } from './archived-job.js';

/** The archive does not answer, or not in time. */
export class ArchiveAwayError extends Error {
  constructor(cause?: unknown) {
    super('The archive does not answer now.', { cause });
    this.name = 'ArchiveAwayError';
  }
}

/** A search that takes longer than anybody should wait: a narrower filter is wanted. */
export class SearchTooLongError extends Error {
  constructor() {
    super('The search took too long.');
    this.name = 'SearchTooLongError';
  }
}

/** What can be sorted by, as the job list has it. */
export type ArchiveProperty = 'created' | 'started' | 'finished' | 'duration' | 'processID';

export interface ArchiveCriterion {
  readonly property: ArchiveProperty;
  readonly descending: boolean;
}

/** Where a record stands in a sorted list; milliseconds since the epoch, text, or null where it has no such property. */
export interface ArchiveSortedPosition extends ArchivePosition {
  readonly keys: readonly (number | string | null)[];
}

/** Of which records; a list that is there and empty matches nothing. */
export interface ArchiveFilter {
  readonly processIds?: readonly string[];
  /** Processes, with whether the word for it is signed, that there are for the caller. */
  readonly seenProcesses?: readonly SeenProcess[];
  readonly statuses?: readonly ArchivedStatus[];
  /** Of jobs that failed, of processes in {@link readableProcesses}. */
  readonly causes?: readonly string[];
  /** Processes all of whose status the caller may read; of others messages, causes and tags match nothing. Absent: of all. */
  readonly readableProcesses?: readonly SeenProcess[];
  readonly owners?: readonly string[];
  /** In lower case; in the id, the process, or, where that may be read, a tag or the message. */
  readonly text?: string;
  /** Processes in whose title the text is. */
  readonly titledProcesses?: readonly string[];
  /** Has all of these, of processes in {@link readableProcesses}. */
  readonly tags?: readonly string[];
  /** Of `created`, both ends inclusive; milliseconds since the epoch, infinite where open. */
  readonly created?: { readonly start: number; readonly end: number };
  /** Seconds from start to end; one that never started matches neither. */
  readonly minDuration?: number;
  readonly maxDuration?: number;
}

export interface SeenProcess {
  readonly processId: string;
  readonly processUnsigned: boolean;
}

/** The process of a job, as records of jobs have it. */
export function processOf({
  processId,
  processUnsigned,
}: SeenProcess): Pick<ArchivedJob, 'processId' | 'processUnsigned'> {
  return { processId, ...(processUnsigned ? { processUnsigned } : {}) };
}

/** A part of the list, in its order. */
export interface ArchiveRange {
  /** Absent: newest first. Those without a property come last, those that are equal newest first. */
  readonly order?: readonly ArchiveCriterion[];
  /**
   * Those that come after this, or before it: the nearest to it, in the order of the list all the same. With both those between, from the
   * first after `after` on.
   */
  readonly after?: ArchivePosition | ArchiveSortedPosition;
  readonly before?: ArchivePosition | ArchiveSortedPosition;
  readonly limit: number;
  /** How many to leave out first. */
  readonly offset?: number;
  /** Ids of jobs that are left out, as if there were no records of them. */
  readonly except?: readonly string[];
}

/** What came of a write. */
export type Written = 'written' | 'removed' | 'superseded';

/** What use is told of. */
export type UsageBy = 'process' | 'owner' | 'month';

/** Sums over jobs that have ended, removed ones as well. */
export interface UsageRow {
  /** Process id, label of the owner (empty: nobody's), or month as `2026-11`, of the end. */
  readonly key: string;
  /** Of the owner, as people read it. */
  readonly name?: string;
  readonly jobs: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly memoryByteSeconds: number;
  readonly usedCpuSeconds?: number;
  readonly usedMemoryByteSeconds?: number;
}

/**
 * Jobs that have ended, for longer than the cluster keeps them. Of one instance: no call reads or writes what is another's. Each call ends
 * within two seconds, but for those of the leader's sweeps. All throw {@link ArchiveAwayError} where there is no answer.
 */
export abstract class Archive {
  /** The record; `removed` where there was one, or is a tombstone. */
  abstract find(jobId: string): Promise<ArchivedJob | 'removed' | undefined>;

  /** @throws SearchTooLongError */
  abstract list(filter: ArchiveFilter, range: ArchiveRange): Promise<readonly ArchivedJob[]>;

  /**
   * How many match, at most `most`, of which those of `except` are not counted.
   * @returns undefined where there are more, or where counting takes longer than 50 ms
   */
  abstract count(filter: ArchiveFilter, most: number, except?: readonly string[]): Promise<number | undefined>;

  /** Processes that there are records of. */
  abstract processes(): Promise<readonly SeenProcess[]>;

  /** Labels of those who are called so (the newest of their records says it), or whose label it is. */
  abstract ownersCalled(name: string): Promise<readonly string[]>;

  /**
   * Writes a record, where none stands for this Job, or that of state `before`.
   * @param before the state that is noted on the Job; undefined: none is
   * @returns `removed` where a tombstone stands; `superseded` where another state, or another Job of this id, does
   */
  abstract put(job: ArchivedJob, before?: string): Promise<Written>;

  /**
   * Leaves a tombstone in the place of the record, or where there was none.
   * @param job what is known of a job without a record, so that its use is counted all the same
   * @returns whether there was a record
   */
  abstract remove(jobId: string, now: Date, job?: ArchivedJob): Promise<boolean>;

  /** Records whose results are to be removed by then, and removed ones of whose objects in the store are not yet; the oldest first. */
  abstract due(
    now: Date,
    limit: number,
  ): Promise<readonly { readonly job: ArchivedJob; readonly why: 'expired' | 'removed' }[]>;

  /** What {@link due} named is done: the record's object is `object` from now on, or, of a removed one, gone. */
  abstract done(job: ArchivedJob, object?: ArchivedJob['object'], state?: string): Promise<void>;

  /**
   * Forgets records, and tombstones, of jobs that finished before: records become tombstones, which go once {@link done} was said of
   * them, so that nothing is left in the store where the leader ends between. {@link due} names them until then.
   * @returns the records that became tombstones now, at most `limit`
   */
  abstract forget(before: Date, limit: number): Promise<readonly ArchivedJob[]>;

  /** @param filter of which jobs; owners, seen processes and times of creation of it hold */
  abstract usage(by: UsageBy, filter: ArchiveFilter): Promise<readonly UsageRow[]>;
}
