import type { V1Job } from '@kubernetes/client-node';
import type { ArchiveSettings, Configuration } from '../../config/configuration.js';
import { ArchivedJobs } from '../../jobs/model/archived/archived-jobs.js';
import { KeptInputs } from '../../jobs/requests/kept-inputs.js';
import { FakeStore } from '../../jobs/testing/fake-store.js';
import { configuration, jobCacheOf } from '../../jobs/testing/job-cache-of.js';
import { at, JOB_ID } from '../../jobs/testing/records.js';
import type { LeaderElection } from '../../k8s/leadership/leader-election.js';
import { annotation, ownAnnotation } from '../../k8s/names.js';
import { WorkQueues } from '../../k8s/queues/work-queues.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { settle } from '../../k8s/testing/manual-clock.js';
import { ClusterClock } from '../../k8s/time/cluster-clock.js';
import type { ReadersStore } from '../../object-store/object-store.js';
import { ArchiveService } from '../archive.service.js';
import { ArchiveSweeper } from '../archive.sweeper.js';
import { JobArchiver } from '../job.archiver.js';
import { JobReleaser } from '../job.releaser.js';
import { StoredObjects } from '../stored-objects.js';
import { FakeArchive } from './fake-archive.js';

export const JOB = `pygeoapi-job-${JOB_ID}`;

/** A Job of which all is collected; it ended at the fifth second, its TTL is not in force. */
export function anEndedJob(annotations: Record<string, string> = {}, rest: Partial<V1Job> = {}): V1Job {
  return {
    metadata: {
      name: JOB,
      uid: 'job-uid',
      creationTimestamp: at(0).toISOString() as unknown as Date,
      annotations: {
        [annotation.processId]: 'hello',
        [ownAnnotation.collection]: 'done',
        [ownAnnotation.outcome]: JSON.stringify({
          status: 'successful',
          started: at(1).toISOString(),
          finished: at(5).toISOString(),
        }),
        [ownAnnotation.ttl]: '60',
        ...annotations,
      },
    },
    spec: { backoffLimit: 0, ttlSecondsAfterFinished: 8_640_000, template: {} },
    ...rest,
  };
}

const services: ArchiveService[] = [];

/** Ends what waits. */
export async function stopServers(): Promise<void> {
  await Promise.all(services.splice(0).map((service) => service.beforeApplicationShutdown()));
}

/** Servers with an archive in memory, on a cluster in memory. @param settings of the archive @param collects whether they collect */
export function setUp(settings: Partial<ArchiveSettings> = {}, collects = true) {
  const [cluster, store, archive] = [new FakeCluster(), new FakeStore(), new FakeArchive()];
  const time = { now: at(10) };
  const server = { manager: { finalizerController: collects } };
  const of = { ...configuration, server, archive: settings } as Configuration;

  /** One more server. */
  function replica() {
    const archived = new ArchivedJobs(of, archive);
    const cache = jobCacheOf(cluster, of, undefined, undefined, archived);
    for (const kubeJob of cluster.kubeJobs.values()) cache.observe(kubeJob);
    const archiver = new JobArchiver(cache, cluster.client, archive, of, { releasePods: true, watchEvents: true });
    const releaser = new JobReleaser(cache, cluster.client, archiver, of);
    const inputs = new KeptInputs(store.port, store.port as ReadersStore, of);
    const sweeper = new ArchiveSweeper(archive, archived, cache, new StoredObjects(store.port, inputs), of);
    const listeners = new Set<(isLeader: boolean) => void>();
    const leader = {
      isLeader: false,
      start: () => undefined,
      stop: () => Promise.resolve(),
      onChange: (listener: (isLeader: boolean) => void) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    };
    const clock = new ClusterClock({ now: () => 0, after: () => () => undefined, random: () => 0 }, () =>
      time.now.getTime(),
    );
    const election = leader as unknown as LeaderElection;
    const service = new ArchiveService(cache, archiver, releaser, sweeper, election, clock, new WorkQueues());
    services.push(service);
    service.onModuleInit();
    /** Comes to lead, or leads no more, and does all that there is to do. */
    const lead = async (isLeader = true) => {
      leader.isLeader = isLeader;
      for (const listener of listeners) listener(isLeader);
      await settle();
    };
    return { archived, cache, archiver, releaser, sweeper, service, lead };
  }

  const annotations = () => cluster.annotationsOf(JOB);
  const note = () => annotations()[ownAnnotation.archived];
  return { cluster, store, archive, time, replica, annotations, note };
}
