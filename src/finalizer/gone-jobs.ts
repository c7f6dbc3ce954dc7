import type { JobRecord } from '../jobs/model/job-record.js';
import { systemClock, type Clock } from '../k8s/time/clock.js';

/** For so long a replica that does not lead remembers that a Job has gone, milliseconds: the Lease of one that is killed has run out then. */
const REMEMBERED = 60_000;

/**
 * Jobs whose Kubernetes Job is gone, and that leave something in the object store, of which nobody else knows any more. Where one goes while
 * no replica leads, whoever comes to lead next removes that.
 */
export class GoneJobs {
  /** Of which this replica removes what they leave. */
  private readonly own = new Map<string, JobRecord>();
  /** That went while this replica did not lead, by name, the last at the end. */
  private readonly seen = new Map<string, { readonly job: JobRecord; readonly at: number }>();

  constructor(private readonly clock: Clock = systemClock) {}

  get(name: string): JobRecord | undefined {
    return this.own.get(name);
  }

  /** @param isLeader whether this replica removes what it leaves */
  add(job: JobRecord, isLeader: boolean): void {
    if (isLeader) this.own.set(job.name, job);
    else {
      this.forgetOld();
      this.seen.delete(job.name);
      this.seen.set(job.name, { job, at: this.clock.now() });
    }
  }

  /** Names of all of which a replica that comes to lead has to remove what they leave; doing it again changes nothing. */
  takeOver(): readonly string[] {
    this.forgetOld();
    for (const [name, { job }] of this.seen) this.own.set(name, job);
    this.seen.clear();
    return [...this.own.keys()];
  }

  /** Nothing is left of it. */
  done(job: JobRecord): void {
    if (this.own.get(job.name) === job) this.own.delete(job.name);
  }

  private forgetOld(): void {
    for (const [name, { at }] of this.seen) {
      if (this.clock.now() - at <= REMEMBERED) return;
      this.seen.delete(name);
    }
  }
}
