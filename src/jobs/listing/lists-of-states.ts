import type { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';
import { SortedJobs } from '../model/lists/sorted-jobs.js';
import { keyOf, type JobTally, type TalliedState } from './job-tally.js';

/** Jobs of some states. */
interface Kept {
  /** As {@link keyOf} has them. */
  readonly states: ReadonlySet<string>;
  /** Undefined: everybody's, and nobody's. */
  readonly owner: string | undefined;
  /** By their names. */
  readonly jobs: Map<string, JobRecord>;
  readonly sorted: SortedJobs;
}

/** Lists that are kept; the one that was asked for longest ago goes first. */
const MOST_KEPT = 16;

/** Jobs of some states only. A list is kept as jobs change, so that a page costs what it holds, not what there is. */
export class ListsOfStates {
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly cache: JobCache,
    private readonly tally: JobTally,
  ) {
    tally.onState((name, state) => {
      for (const list of this.kept.values()) {
        const job = state && list.states.has(keyOf(state)) ? cache.jobs.get(name) : undefined;
        change(list, name, job && isOwn(list, job) ? job : undefined);
      }
    });
  }

  /** Newest first. The array is shared: do not change it. @param owner undefined: everybody's, and nobody's */
  of(states: readonly TalliedState[], owner: string | undefined): readonly JobRecord[] {
    const wanted = new Set(states.map(keyOf));
    const key = JSON.stringify([owner ?? null, ...[...wanted].sort()]);
    const list = this.kept.get(key) ?? this.made(wanted, owner);
    this.kept.delete(key);
    this.kept.set(key, list);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_KEPT && oldest !== undefined) this.kept.delete(oldest);
    return list.sorted.of(list.jobs.values());
  }

  private made(states: ReadonlySet<string>, owner: string | undefined): Kept {
    const jobs = this.cache.list(owner).filter((job) => states.has(keyOf(this.tally.stateOf(job))));
    return { states, owner, jobs: new Map(jobs.map((job) => [job.name, job])), sorted: new SortedJobs() };
  }
}

function change({ jobs, sorted }: Kept, name: string, job: JobRecord | undefined): void {
  const previous = jobs.get(name);
  if (!job && !previous) return;
  sorted.change(job, previous);
  if (job) jobs.set(name, job);
  else jobs.delete(name);
}

function isOwn({ owner }: Kept, job: JobRecord): boolean {
  return owner === undefined || job.owner === owner;
}
