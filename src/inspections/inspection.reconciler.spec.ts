import { beforeEach, describe, expect, it } from '@jest/globals';
import type { V1Job, V1PodStatus } from '@kubernetes/client-node';
import { FakeCluster } from '../k8s/testing/fake-cluster.js';
import type { Informer } from '../k8s/informers/informer.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { type InspectionRecord, toInspectionRecord } from './inspection-record.js';
import { InspectionReconciler, type ScheduledInspection } from './inspection.reconciler.js';
import { digestOf, makeInspectionJob } from './make-inspection-job.js';

const wanted: ScheduledInspection = {
  entryId: 'notebooks',
  manager: 'manager',
  podSpec: { containers: [{ name: 'main', image: 'image:1' }] },
  mainContainerName: 'main',
  deadlineSeconds: 600,
};
const digest = digestOf(wanted);
const first = `inspect-${digest}-1`;
const START = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number) => new Date(START + seconds * 1000);

let cluster: FakeCluster;
let jobs: Informer<InspectionRecord>;
let reconciler: InspectionReconciler;
beforeEach(() => {
  cluster = new FakeCluster();
  jobs = cluster.informerFactory.create<V1Job, InspectionRecord>({ resource: 'jobs', transform: toInspectionRecord });
  // Unlike the fake's own: what is deleted is gone.
  const deleteJob = (name: string) => Promise.resolve(cluster.removeJob(name)).then(() => true);
  reconciler = new InspectionReconciler({ ...cluster.client, deleteJob } as typeof cluster.client);
});

const pass = (seconds = 0, inspection = wanted) =>
  reconciler.reconcile(inspection, jobs, new Set([digestOf(inspection)]), START + seconds * 1000);
const names = () => [...cluster.kubeJobs.keys()];
const notes = (name = first) =>
  Object.fromEntries(
    Object.entries(cluster.annotationsOf(name)).flatMap(([key, value]) =>
      /finding|failure$|problem/.test(key) ? [[key.slice('processes.pygeoapi.io/'.length), value]] : [],
    ),
  );

/** The Job as the controller leaves it; its pod with this state of the container, and this log. */
function ended(
  { name = first, type = 'Complete', message = '', seconds = 1 } = {},
  pod?: { status?: V1PodStatus; log?: string },
): void {
  const kubeJob = cluster.kubeJobs.get(name) as V1Job;
  const condition = { type, status: 'True', lastTransitionTime: at(seconds), message };
  const metadata = { ...kubeJob.metadata, creationTimestamp: at(seconds - 1) };
  cluster.addJob({ ...kubeJob, metadata, status: { conditions: [condition] } });
  if (pod) addPod(name, pod.status ?? {});
  if (pod?.log !== undefined) cluster.logs.set(`${name}-pod/main`, pod.log);
}

function addPod(jobName: string, status: V1PodStatus): void {
  const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name: jobName, uid: 'job-uid' }];
  cluster.addPod({ metadata: { name: `${jobName}-pod`, ownerReferences }, status });
}

const printed = (text: string) => ({
  log: `starting\nPYGEOAPI_K8S_MANAGER_RESULT_START bytes=${text.length}\n${text}\n`,
});
const container = (state: object): V1PodStatus => ({
  containerStatuses: [{ name: 'main', image: '', imageID: '', ready: false, restartCount: 0, state }],
});

describe('an inspection', () => {
  it('is run once, and what it printed recorded', async () => {
    expect(await pass()).toEqual({ requeueAfter: 5000 });
    expect(names()).toEqual([first]);
    await pass(1);
    expect(names()).toEqual([first]);
    ended({}, printed('{"a":"ä"}'.replace('ä', 'b')));
    await pass(2);
    expect(jobs.get(first)?.finding).toEqual({ state: 'found', value: { a: 'b' } });
    expect(await pass(1e9)).toBeUndefined();
    expect(names()).toEqual([first]);
  });

  it('that another replica started is left to go on', async () => {
    cluster.failNext('createJob', new KubernetesError('already-exists', 'exists', 409));
    expect(await pass()).toEqual({ requeueAfter: 5000 });
  });

  it('says what keeps its pod from starting, as long as it does', async () => {
    await pass();
    addPod(first, container({ waiting: { reason: 'ErrImagePull', message: 'no such image' } }));
    await pass();
    expect(notes()).toEqual({ 'inspection-problem': 'Container "main" does not start: ErrImagePull: no such image' });
    const told = notes();
    addPod(first, container({ waiting: { reason: 'ImagePullBackOff', message: 'back-off' } }));
    await pass();
    expect(notes()).toEqual(told);
    addPod(first, container({ running: {} }));
    await pass();
    expect(notes()).toMatchObject({ 'inspection-problem': null });
  });

  it.each([
    [
      'its termination message',
      container({ terminated: { exitCode: 1, message: 'There is no notebook.' } }),
      'There is no notebook.',
    ],
    [
      'its exit code',
      container({ terminated: { exitCode: 137, reason: 'OOMKilled' } }),
      'Container "main" ended with exit code 137 (OOMKilled).',
    ],
    ['the Job', {}, 'It did not end well: Job was active longer than specified deadline.'],
  ])('that fails says why, by %s', async (_, status, reason) => {
    await pass();
    ended({ type: 'Failed', message: 'Job was active longer than specified deadline' }, { status });
    await pass(2);
    expect(notes()).toEqual({ 'inspection-failure': reason });
  });

  it.each([
    ['nothing', '', 'It printed no result.'],
    ['no JSON', printed('nonsense').log, 'What it printed as its result is no JSON.'],
    ['too much', printed(`"${'x'.repeat(1024 * 1024)}"`).log, expect.stringContaining('too large')],
    ['what is damaged', 'PYGEOAPI_K8S_MANAGER_RESULT_START bytes=5\n{}\n', expect.stringContaining('damaged')],
  ])('that prints %s has failed, once its log is whole', async (_, log, reason) => {
    await pass();
    ended({ seconds: 1 }, { log });
    if (reason !== 'What it printed as its result is no JSON.') expect(await pass(2)).toEqual({ requeueAfter: 500 });
    await pass(12);
    expect(notes()).toEqual({ 'inspection-failure': reason });
  });

  it('whose pod is gone has failed', async () => {
    await pass();
    ended();
    await pass(2);
    expect(notes()).toEqual({ 'inspection-failure': 'Its pod was removed before its log was read.' });
  });

  it('that failed is tried again after a minute, then two, up to an hour', async () => {
    await pass();
    ended({ type: 'Failed' }, {});
    await pass(2);
    expect(await pass(2)).toEqual({ requeueAfter: 59_000 });
    await pass(61);
    const second = `inspect-${digest}-2`;
    expect(names()).toEqual([first, second]);
    ended({ name: second, type: 'Failed', seconds: 70 }, {});
    await pass(71);
    expect(await pass(71)).toEqual({ requeueAfter: 119_000 });
    expect(names()).toEqual([second]);
  });

  it('is run anew after its time, and keeps what was found until the new one has', async () => {
    const refreshed = { ...wanted, refreshSeconds: 100 };
    await pass(0, refreshed);
    ended({}, printed('1'));
    await pass(2, refreshed);
    expect(await pass(50, refreshed)).toEqual({ requeueAfter: 50_000 });
    await pass(101, refreshed);
    const second = `inspect-${digest}-2`;
    expect(names()).toEqual([first, second]);
    ended({ name: second, type: 'Failed', seconds: 105 }, {});
    await pass(106, refreshed);
    await pass(106, refreshed);
    expect(names()).toEqual([first, second]);
    await pass(300, refreshed);
    const third = `inspect-${digest}-3`;
    ended({ name: third, seconds: 301 }, printed('3'));
    await pass(302, refreshed);
    await pass(302, refreshed);
    expect(names()).toEqual([third]);
    expect(jobs.get(third)?.finding).toEqual({ state: 'found', value: 3 });
  });

  it('removes older ones that nobody wants any more, and leaves newer ones to whoever is being rolled out', async () => {
    await pass();
    ended({}, printed('1'));
    await pass(2);
    const other = (image: string, seconds: number) => {
      const podSpec = { containers: [{ name: 'main', image }] };
      const kubeJob = makeInspectionJob({ ...wanted, podSpec }, { namespace: 'default', number: 1, failures: 0 });
      return cluster.addJob({ ...kubeJob, metadata: { ...kubeJob.metadata, creationTimestamp: at(seconds) } });
    };
    other('older', -5);
    const newer = other('newer', 5);
    await pass(3);
    expect(names()).toEqual([first, newer.metadata?.name]);
  });

  it('is made again where its Job was removed', async () => {
    await pass();
    cluster.removeJob(first);
    await pass(5);
    expect(names()).toEqual([first]);
  });
});
