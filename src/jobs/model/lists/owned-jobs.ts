import type { JobRecord } from '../job-record.js';
import { SortedJobs } from './sorted-jobs.js';

interface Owned {
  /** By their names. */
  readonly jobs: Map<string, JobRecord>;
  readonly sorted: SortedJobs;
}

/** Jobs by whose they are, each owner's as {@link SortedJobs} has them; those that are nobody's are in none. */
export class OwnedJobs {
  private readonly byOwner = new Map<string, Owned>();

  /** Newest first. The array is shared: do not change it. */
  of(owner: string): readonly JobRecord[] {
    const owned = this.byOwner.get(owner);
    return owned ? owned.sorted.of(owned.jobs.values()) : [];
  }

  /** Those who have jobs and are called so, as the newest of these says it; or whose label it is. */
  called(name: string): readonly string[] {
    return [...this.byOwner.keys()].filter((owner) => owner === name || this.of(owner)[0]?.ownerName === name);
  }

  change(record: JobRecord | undefined, previous: JobRecord | undefined): void {
    if (previous?.owner !== undefined && previous.owner !== record?.owner) this.take(previous.owner, previous);
    if (record?.owner === undefined) return;
    const owned = this.byOwner.get(record.owner) ?? { jobs: new Map<string, JobRecord>(), sorted: new SortedJobs() };
    this.byOwner.set(record.owner, owned);
    owned.sorted.change(record, owned.jobs.get(record.name));
    owned.jobs.set(record.name, record);
  }

  private take(owner: string, job: JobRecord): void {
    const owned = this.byOwner.get(owner);
    owned?.jobs.delete(job.name);
    owned?.sorted.change(undefined, job);
    if (owned?.jobs.size === 0) this.byOwner.delete(owner);
  }
}
