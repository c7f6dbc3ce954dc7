import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { JobCache } from '../jobs/model/job-cache.js';
import { fieldsOfJob, type JobRecord } from '../jobs/model/job-record.js';
import { LeaderElection } from '../k8s/leadership/leader-election.js';
import type { LeaderWorkQueue } from '../k8s/queues/leader-work-queue.js';
import type { ReconcileResult } from '../k8s/queues/work-queue.js';
import { WorkQueues } from '../k8s/queues/work-queues.js';
import { ClusterClock } from '../k8s/time/cluster-clock.js';
import { ArchiveSweeper } from './archive.sweeper.js';
import { isConflict, JobArchiver } from './job.archiver.js';
import { JobReleaser } from './job.releaser.js';
import { ArchiveAwayError } from './records/archive.js';

/** Jobs written at the same time. */
const CONCURRENCY = 16;
/** The longest wait of what failed, milliseconds: the archive is back. */
const LONGEST_RETRY = 15_000;
/** Milliseconds: jobs are looked at again no later than this, for timers cannot be set for months. */
const LONGEST_WAIT = 24 * 3600_000;
const [DUE, OLD] = ['sweep/due', 'sweep/old'];

/**
 * Brings jobs that have ended into the archive and out of the cluster, on the replica that leads. Keys are `job/NAME`, and those of sweeps.
 * A Job that says what the archive has of it is read again only where it has changed since, or before it is deleted.
 */
@Injectable()
export class ArchiveService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(ArchiveService.name);
  private readonly queue: LeaderWorkQueue;
  /** Names of Jobs that have changed since the archive's state was noted on them. */
  private readonly changed = new Set<string>();
  /** Names of Jobs that say what the archive has of them, before this server has asked it. */
  private readonly unproven = new Set<string>();

  constructor(
    private readonly cache: JobCache,
    private readonly archiver: JobArchiver,
    private readonly releaser: JobReleaser,
    private readonly sweeper: ArchiveSweeper,
    leader: LeaderElection,
    private readonly clock: ClusterClock,
    queues: WorkQueues,
  ) {
    this.queue = queues.create(
      {
        name: 'archive',
        fieldsOf: (key) => (key.startsWith('job/') ? this.fieldsOf(nameOf(key)) : { resource: key }),
        concurrency: CONCURRENCY,
        maxDelay: LONGEST_RETRY,
        onError: (key, error) => this.report(key, error),
      },
      leader,
      { addAll: () => this.addAll(), reconcile: (key) => this.reconcile(key) },
    );
  }

  /** How many Jobs it remembers something of: of those that are gone nothing. */
  get size(): number {
    return new Set([...this.changed, ...this.unproven]).size;
  }

  onModuleInit(): void {
    this.queue.feedBy(
      this.cache.jobs.subscribe(({ name, record, previous }) => this.onJob(name, record, previous)),
      this.cache.pods.subscribe(({ record, previous }) => {
        const job = this.cache.jobs.get((record ?? previous)?.jobName ?? '');
        if (job && previous?.held && !record?.held) this.add(job);
      }),
    );
    this.queue.start(this.cache.whenSynced());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.shutDown();
  }

  private onJob(name: string, job: JobRecord | undefined, previous: JobRecord | undefined): void {
    if (job?.resourceVersion !== undefined && job.resourceVersion === previous?.resourceVersion) return;
    // Whoever has marked it deletes it.
    if (job?.released && previous && !previous.released) return;
    // The state is noted for the version of the Job that was archived.
    if (!job) this.unproven.delete(name);
    if (!job || job.archivedState !== previous?.archivedState) this.changed.delete(name);
    else if (previous && job.archivedState !== undefined) this.changed.add(name);
    if (job) this.add(job);
  }

  private add(job: JobRecord): void {
    if (this.archiver.concerns(job) || this.archiver.isToRemove(job)) this.queue.add(`job/${job.name}`);
  }

  private addAll(): void {
    for (const job of this.cache.jobs.values()) {
      // What subscribers answered before this server looked is not known to be archived.
      if (job.archivedState !== undefined) (job.subscription ? this.changed : this.unproven).add(job.name);
      this.add(job);
    }
    this.queue.add(DUE);
    this.queue.add(OLD);
  }

  private reconcile(key: string): Promise<ReconcileResult> {
    const now = this.clock.now();
    if (key === DUE) return this.sweeper.removeDue(now, (name) => this.lookAgain(name));
    if (key === OLD) return this.sweeper.forgetOld(now);
    return this.look(nameOf(key), now);
  }

  /** One that went while the archive was waited for is not remembered: nothing would forget it. */
  private noteChanged(name: string): void {
    if (this.cache.jobs.get(name)) this.changed.add(name);
  }

  /** The record of a Job that is in the cluster is over its time. */
  private lookAgain(name: string): void {
    this.noteChanged(name);
    this.queue.add(`job/${name}`);
  }

  private async look(name: string, now: Date): Promise<ReconcileResult> {
    const job = this.cache.jobs.get(name);
    if (job && this.archiver.isToRemove(job)) return this.archiver.remove(job);
    if (!job || !this.archiver.concerns(job)) return undefined;
    let changes: Date | undefined;
    if (this.unproven.has(name)) {
      // An older dump may have been restored, or another database be asked now.
      if (!(await this.archiver.noted(job))) this.noteChanged(name);
      this.unproven.delete(name);
    }
    if (job.archivedState === undefined || this.changed.has(name)) {
      this.changed.delete(name);
      try {
        changes = await this.archiver.keep(job, now);
      } catch (error) {
        this.noteChanged(name);
        throw error;
      }
    }
    const current = this.cache.jobs.get(name);
    const due = current && this.releaser.due(current);
    if (due && due <= now && !(await this.releaser.release(current, now))) {
      this.noteChanged(name);
      return { requeueAfter: 0 };
    }
    return sooner(now, changes, due && due > now ? due : undefined);
  }

  private fieldsOf(name: string) {
    return fieldsOfJob(name, this.cache.jobs.get(name));
  }

  /** The archive itself says that it is away, once, whatever waits for it. */
  private report(key: string, error: unknown): 'retry' {
    if (!(error instanceof ArchiveAwayError) && !isConflict(error))
      this.logger.warn(`${key}: ${error instanceof Error ? error.message : String(error)}; it is tried again`);
    return 'retry';
  }
}

function sooner(now: Date, ...times: readonly (Date | undefined)[]): ReconcileResult {
  const waits = times.filter((time) => time !== undefined).map((time) => time.getTime() - now.getTime());
  // Results that are over, and stand in the store, the finalizer is about to remove.
  const ahead = waits.filter((wait) => wait > 0);
  return ahead.length === 0 ? undefined : { requeueAfter: Math.min(...ahead, LONGEST_WAIT) };
}

/** Of a key, without its kind. */
function nameOf(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}
