import type { V1Job } from '@kubernetes/client-node';
import type { ArchivedJob } from '../../archive/records/archived-job.js';
import { FakeArchive } from '../../archive/testing/fake-archive.js';
import { ownAnnotation } from '../../k8s/names.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { ArchivedLists } from '../listing/archived/archived-lists.js';
import { WholeLists } from '../listing/archived/whole-lists.js';
import { JobLists } from '../listing/job-lists.js';
import { ListsOfProcesses } from '../listing/lists-of-processes.js';
import { JobTally } from '../listing/job-tally.js';
import { ArchivedJobs } from '../model/archived/archived-jobs.js';
import { configuration, jobCacheOf } from './job-cache-of.js';

/** How far a job is. `written`: the archive has it, which its Job does not say yet. */
export const PHASES = ['to come', 'running', 'ended', 'written', 'noted', 'released', 'gone'] as const;
export type Phase = (typeof PHASES)[number];
/** How far the removal of a job is. `buried`: the archive keeps a tombstone, and its Job is still there. */
const REMOVAL = ['wanted', 'buried', 'removed'] as const;

interface Moving {
  readonly job: ArchivedJob;
  phase: Phase;
  removal?: (typeof REMOVAL)[number];
}

/** Jobs that move from the cluster to the archive, and lists of them. */
export class MovingJobs {
  readonly cluster = new FakeCluster();
  readonly archive = new FakeArchive();
  readonly cache = jobCacheOf(this.cluster);
  readonly tally = new JobTally(this.cache);
  readonly live = new JobLists(this.cache, this.tally, new ListsOfProcesses(this.cache));
  readonly lists = new WholeLists(
    this.cache,
    this.live,
    this.tally,
    new ArchivedLists(new ArchivedJobs(configuration), this.archive),
  );
  private readonly moving: Moving[] = [];

  async add(job: ArchivedJob, phase: Phase): Promise<void> {
    const moving: Moving = { job, phase: 'to come' };
    this.moving.push(moving);
    while (moving.phase !== phase) await this.advance(moving);
  }

  get size(): number {
    return this.moving.length;
  }

  /** Those of which something is listed. */
  listed(isListed: (job: ArchivedJob, phase: Phase) => boolean = () => true): readonly ArchivedJob[] {
    return this.moving
      .filter(({ job, phase, removal }) => {
        if (phase === 'to come' || (removal !== undefined && (phase === 'gone' || removal === 'removed'))) return false;
        return isListed(job, phase);
      })
      .map(({ job }) => job);
  }

  /** Ids of those that are being removed, or have been. */
  get removed(): ReadonlySet<string> {
    return new Set(this.moving.filter(({ removal }) => removal).map(({ job }) => job.jobId));
  }

  /** Something happens to a job. */
  async step(index: number, isRemoval: boolean): Promise<void> {
    const moving = this.moving[index % this.moving.length];
    if (!moving) return;
    if (moving.removal || (isRemoval && moving.phase !== 'to come')) await this.remove(moving);
    else await this.advance(moving);
  }

  private async advance(moving: Moving): Promise<void> {
    const next = PHASES[PHASES.indexOf(moving.phase) + 1];
    if (!next) return;
    moving.phase = next;
    if (next === 'written') await this.archive.put(moving.job);
    else if (next === 'gone') this.cluster.removeJob(moving.job.name);
    else this.cluster.addJob(kubeJobOf(moving));
  }

  private async remove(moving: Moving): Promise<void> {
    const { job, phase } = moving;
    const next = REMOVAL[moving.removal ? REMOVAL.indexOf(moving.removal) + 1 : 0];
    if (!next) return;
    moving.removal = next;
    if (phase === 'gone') {
      moving.removal = 'removed';
      await this.archive.remove(job.jobId, job.finished);
    } else if (next === 'wanted') this.cluster.addJob(kubeJobOf(moving));
    else if (next === 'buried') await this.archive.remove(job.jobId, job.finished, job);
    else this.cluster.removeJob(job.name);
  }
}

/** The Job of a job that is so far. */
function kubeJobOf({ job, phase, removal }: Moving): V1Job {
  const {
    [ownAnnotation.outcome]: outcome,
    [ownAnnotation.archived]: archived,
    ...others
  } = job.object.metadata.annotations;
  const at = PHASES.indexOf(phase);
  const annotations = {
    ...others,
    [ownAnnotation.collection]: at >= PHASES.indexOf('ended') ? 'done' : 'pending',
    ...(at >= PHASES.indexOf('ended') ? { [ownAnnotation.outcome]: outcome } : {}),
    ...(at >= PHASES.indexOf('noted') ? { [ownAnnotation.archived]: archived } : {}),
    ...(at >= PHASES.indexOf('released') ? { [ownAnnotation.released]: job.finished.toISOString() } : {}),
    ...(removal ? { [ownAnnotation.removed]: job.finished.toISOString() } : {}),
  };
  return { ...job.object, metadata: { ...job.object.metadata, annotations } } as unknown as V1Job;
}
