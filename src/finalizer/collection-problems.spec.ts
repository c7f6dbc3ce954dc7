import { describe, expect, it } from '@jest/globals';
import type { CoreV1Event } from '@kubernetes/client-node';
import { jobStatus } from '../jobs/model/job-status.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { ownAnnotation } from '../k8s/names.js';
import { ObjectStoreError } from '../object-store/object-store.js';
import { CollectionProblems } from './collection-problems.js';
import { aKubeJob, aKubePod, JOB, setUp as setUpBed, terminated } from './testing/finalizer-bed.js';

const denied = new ObjectStoreError('denied', 'bucket logs: the store refuses the credentials', true);
const unreachable = new ObjectStoreError('unreachable', 'bucket logs: no answer', true);

function setUp() {
  const bed = setUpBed();
  const events: CoreV1Event[] = [];
  const { client } = bed.cluster;
  client.createEvent = (event) => Promise.resolve(void events.push(event));
  const problems = new CollectionProblems(bed.cache, client);
  bed.cluster.addJob(aKubeJob());
  bed.cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
  const job = () => bed.cache.jobs.get(JOB);
  const met = (error: unknown, now = 0) => problems.met('pod/x', job(), error, now);
  return { ...bed, events, problems, job, met };
}

describe('what holds a collection up', () => {
  it('is told at once where somebody has to do something: in the status and as an event, once', async () => {
    const { events, cache, job, met } = setUp();
    await met(denied);
    await met(denied);
    expect(events).toMatchObject([
      {
        involvedObject: { apiVersion: 'batch/v1', kind: 'Job', name: JOB, namespace: 'default', uid: 'job-uid' },
        type: 'Warning',
        reason: 'CollectionFailed',
        message: denied.message,
      },
    ]);
    const record = job()!;
    const { status, message } = jobStatus(record, cache.podsOf(record));
    expect([status, message]).toEqual(['running', expect.stringContaining(denied.message)]);
  });

  it('is told otherwise when it lasts', async () => {
    const { events, problems, met } = setUp();
    await met(unreachable, 0);
    await met(unreachable, 9_000);
    expect(events).toEqual([]);
    await met(unreachable, 11_000);
    expect(events).toHaveLength(1);
    problems.over('pod/x');
    await met(new KubernetesError('unavailable', 'another'), 12_000);
    expect(events).toHaveLength(1);
  });

  it('is forgotten once all is collected', async () => {
    const { cluster, met, reconcilePod } = setUp();
    await met(denied);
    expect(cluster.annotationsOf(JOB)[ownAnnotation.collectionProblem]).toBe(denied.message);
    await reconcilePod();
    expect(cluster.annotationsOf(JOB)[ownAnnotation.collectionProblem] ?? null).toBeNull();
  });

  it('is in nobody’s way where it cannot be told', async () => {
    const { cluster, met, job } = setUp();
    cluster.client.createEvent = () => Promise.reject(new KubernetesError('forbidden', 'no events', 403));
    await met(denied);
    expect(job()?.collectionProblem).toBe(denied.message);
    cluster.failNext('patchJob', new KubernetesError('unavailable', 'away'));
    await met(unreachable, 60_000);
    expect(job()?.collectionProblem).toBe(denied.message);
  });
});
