import { Injectable } from '@nestjs/common';
import { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';
import { SortedJobs } from '../model/lists/sorted-jobs.js';

type OfProcess = Pick<JobRecord, 'processId' | 'processUnsigned'>;

/** Which jobs a list is of. */
interface Kept {
  /** As {@link keyOf} has them. */
  readonly processes: ReadonlySet<string>;
  /** Undefined: everybody's, and nobody's. */
  readonly owner: string | undefined;
  readonly sorted: SortedJobs;
}

/** Lists that are kept; the one asked for longest ago goes first. Roles make a few, owners who do not see all of theirs one each. */
const MOST_KEPT = 64;

/**
 * Jobs of some processes only, for callers who may not know of the others. A list is kept as jobs change, in the way that the list of all
 * is, so that a page costs what it holds, not what there is.
 */
@Injectable()
export class ListsOfProcesses {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly cache: JobCache) {
    cache.jobs.subscribe(({ record, previous }) => {
      for (const list of this.kept.values()) {
        const [now, before] = [record, previous].map((job) => (job && isIn(list, job) ? job : undefined));
        if (now || before) list.sorted.change(now, before);
      }
    });
  }

  /** Newest first. The array is shared: do not change it. @param owner undefined: everybody's, and nobody's */
  of(processes: readonly OfProcess[], owner: string | undefined): readonly JobRecord[] {
    const seen = new Set(processes.map(keyOf));
    const key = JSON.stringify([owner ?? null, ...[...seen].sort()]);
    const list = this.kept.get(key) ?? { processes: seen, owner, sorted: new SortedJobs() };
    this.kept.delete(key);
    this.kept.set(key, list);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_KEPT && oldest !== undefined) this.kept.delete(oldest);
    return list.sorted.of(this.jobsOf(list));
  }

  private *jobsOf(list: Kept): Iterable<JobRecord> {
    for (const job of this.cache.list(list.owner)) if (isIn(list, job)) yield job;
  }
}

function isIn({ processes, owner }: Kept, job: JobRecord): boolean {
  return processes.has(keyOf(job)) && (owner === undefined || job.owner === owner);
}

function keyOf({ processId, processUnsigned }: OfProcess): string {
  return `${processUnsigned ?? ''} ${processId}`;
}
