import type { V1ContainerStatus, V1Job, V1Pod } from '@kubernetes/client-node';
import type { ExplainedCauses } from '../../jobs/model/explained-causes.js';
import type { JobCause, ResultProblem } from '../../jobs/model/job-outcome.js';
import type { ResultValidator } from '../../jobs/results/result-validator.js';
import type { DeclaredOutputs } from '../../jobs/results/declared-outputs.js';
import { configuration, jobCacheOf } from '../../jobs/testing/job-cache-of.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { at, JOB_ID } from '../../jobs/testing/records.js';
import { ownAnnotation, POD_FINALIZER, TRACKING_FINALIZER } from '../../k8s/names.js';
import { RunningUse } from '../../measured-use/running-use.js';
import type { Configuration, ManagerSection } from '../../config/configuration.js';
import { CollectionRoom } from '../collection-room.js';
import { JobReconciler } from '../job.reconciler.js';
import { LogCollector } from '../log-collector.js';
import { LogFollower } from '../log-follower.js';
import { LogHeads } from '../log-heads.js';
import { LogPatience } from '../log-patience.js';
import { LogStore } from '../log-store.js';
import { OutcomeRecorder } from '../outcome.recorder.js';
import { PodReconciler } from '../pod.reconciler.js';
import { ResultRetention } from '../result-retention.js';
import { StorePlaces } from '../store-places.js';
import { ResultKeeper } from '../result-keeper.js';
import type { Archive } from '../../archive/records/archive.js';
import { ArchivedJobs } from '../../jobs/model/archived/archived-jobs.js';
import { KeptInputs } from '../../jobs/requests/kept-inputs.js';
import { JobTransfers } from '../../jobs/execution/job-transfers.js';
import { ResultSources } from '../../jobs/results/result-source.js';
import { FakeStore } from '../../jobs/testing/fake-store.js';
import type { ReadersStore } from '../../object-store/object-store.js';

export const JOB = `pygeoapi-job-${JOB_ID}`;
export const POD = `${JOB}-abcde`;
export const LOG_KEY = `logs/2026-01-01_${JOB}-logs.txt`;
export const RESULT = 'PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: text/plain\nPYGEOAPI_K8S_MANAGER_RESULT_START\n';

export function aKubeJob(annotations: Record<string, string> = {}, rest: Partial<V1Job> = {}): V1Job {
  return {
    metadata: {
      name: JOB,
      uid: 'job-uid',
      creationTimestamp: at(0),
      annotations: {
        [ownAnnotation.collection]: 'pending',
        [ownAnnotation.mainContainer]: 'main',
        [ownAnnotation.startDeadline]: '60',
        ...annotations,
      },
    },
    spec: { backoffLimit: 0, template: {} },
    ...rest,
  };
}

export function terminated(exitCode: number, reason?: string): V1ContainerStatus['state'] {
  return { terminated: { exitCode, reason, containerID: 'containerd://1', startedAt: at(2), finishedAt: at(5) } };
}

export function aKubePod(
  phase: string,
  states: Record<string, V1ContainerStatus['state']>,
  metadata: V1Pod['metadata'] = {},
): V1Pod {
  const names = Object.keys(states);
  return {
    metadata: {
      name: POD,
      uid: 'pod-uid',
      creationTimestamp: at(1),
      finalizers: [POD_FINALIZER, TRACKING_FINALIZER],
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: JOB, uid: 'job-uid', controller: true }],
      ...metadata,
    },
    spec: { nodeName: 'node', containers: names.map((name) => ({ name, image: 'busybox' })) },
    status: {
      phase,
      containerStatuses: names.map((name) => ({
        name,
        image: 'busybox',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: states[name],
      })),
    },
  };
}

/** @param collectedLogs room in temporary files, bytes; @param archive default: none */
export function setUp(collectedLogs?: ManagerSection['collectedLogs'], archive?: Archive) {
  const cluster = new FakeCluster();
  const store = new FakeStore();
  const archived = new ArchivedJobs(configuration, archive);
  const cache = jobCacheOf(cluster, configuration, undefined, undefined, archived);
  const logs = new LogStore(store.port, new StorePlaces(), configuration);
  const sources = new ResultSources();
  const declared = new Map<string, string | undefined>();
  const problems: ResultProblem[] = [];
  const validator = { problemsOf: () => Promise.resolve(problems) } as unknown as ResultValidator;
  const keeper = new ResultKeeper(logs, sources, { of: () => declared } as unknown as DeclaredOutputs, validator);
  const causes = { of: (_job: unknown, cause: JobCause) => cause } as unknown as ExplainedCauses;
  const use = new RunningUse();
  const recorder = new OutcomeRecorder(cluster.client, cache, keeper, causes, use, logs);
  const transfers = new JobTransfers();
  const room = new CollectionRoom({ server: { manager: { collectedLogs } } } as Configuration);
  const follower = new LogFollower(cluster.client, room);
  const heads = new LogHeads(cluster.client);
  const collector = new LogCollector(cluster.client, heads, room);
  const podReconciler = (patience: Pick<LogPatience, 'waitFor' | 'forget'>) =>
    new PodReconciler(
      cache,
      cluster.client,
      collector,
      follower,
      heads,
      logs,
      recorder,
      transfers,
      patience as LogPatience,
    );
  const trusting = podReconciler({ waitFor: () => undefined, forget: () => undefined });
  const patient = podReconciler(new LogPatience());
  const inputs = new KeptInputs(store.port, store.port as ReadersStore, configuration);
  const retention = new ResultRetention(cluster.client, cache, logs, sources, inputs, archived);
  const jobs = new JobReconciler(cache, cluster.client, follower, recorder, transfers, retention);
  const outcome = (): unknown => JSON.parse(cluster.annotationsOf(JOB)[ownAnnotation.outcome] ?? 'null');
  const finalizers = () => cluster.podObjects.get(POD)?.metadata?.finalizers;
  /** Believes every log at once. */
  const reconcilePod = (now = at(10), name = POD) => trusting.reconcile(name, () => undefined, now);
  /** Reads logs again that may lack their end. */
  const reconcilePodPatiently = () => patient.reconcile(POD, () => undefined, at(10));
  const reconcileJob = (now = at(10)) => jobs.reconcile(JOB, now, () => undefined);
  return {
    cluster,
    store,
    cache,
    outcome,
    finalizers,
    reconcilePod,
    reconcilePodPatiently,
    reconcileJob,
    retention,
    jobs,
    follower,
    heads,
    room,
    sources,
    declared,
    transfers,
    use,
  };
}

export const RELEASED = [TRACKING_FINALIZER];
export const HELD = [POD_FINALIZER, ...RELEASED];
