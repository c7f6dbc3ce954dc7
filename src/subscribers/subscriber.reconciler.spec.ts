import { describe, expect, it, jest } from '@jest/globals';
import { FakeCluster } from '../k8s/testing/fake-cluster.js';
import { at, JOB_ID } from '../jobs/testing/records.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { ownAnnotation } from '../k8s/names.js';
import { JobFailedError, NotAcceptableError, ResultsExpiredError } from '../ogc/domain-errors.js';
import { PATIENCE } from './delivery-plan.js';
import { CALLS_PER_HOST, FIRST_REST } from './host-gate.js';
import { INLINE_LIMIT } from './message-body.js';
import { document, failed, JOB, setUp, silence, successful } from './testing/reconciler-bed.js';

describe('a subscriber', () => {
  it('is sent the results once they are recorded, and that is noted', async () => {
    const { put, outcome, reconcile, calls, asked, body, deliveries } = setUp();
    put(outcome(successful));
    expect(await reconcile()).toEqual({ requeueAfter: 0 });
    expect(calls).toMatchObject([
      {
        id: 'msg_job-uid_successful',
        uri: 'https://success.example/?key=secret',
        monitor: `https://api.example/jobs/${JOB_ID}`,
      },
    ]);
    expect(body()).toEqual({ a: 1 });
    expect(asked[0]?.request?.response).toBe('document');
    expect(deliveries()).toEqual({
      success: {
        state: 'successful',
        status: 'delivered',
        attempts: 1,
        first: at(10).toISOString(),
        history: [{ at: at(10).toISOString(), answer: '204' }],
      },
    });
    await reconcile(11);
    expect(calls).toHaveLength(1);
  });

  it('is sent the job in place of its results where so configured, as the predecessor did', async () => {
    const { put, outcome, reconcile, asked, body } = setUp({}, undefined, { successCallback: 'job' });
    const annotations = { 'pygeoapi.io/process_id': 'waves', 'pygeoapi.io/result-notebook': '/out/x.ipynb' };
    put({ ...outcome(successful), ...annotations });
    await reconcile();
    expect(asked).toEqual([]);
    expect(body()).toMatchObject({
      identifier: JOB_ID,
      process_id: 'waves',
      status: 'successful',
      progress: 100,
      job_start_datetime: at(0).toISOString(),
      job_end_datetime: at(5).toISOString(),
      'result-notebook': '/out/x.ipynb',
      jobID: JOB_ID,
    });
  });

  it('is sent the status of a failed job, without its log and without who is told', async () => {
    const { put, outcome, reconcile, calls, body } = setUp();
    put(outcome(failed));
    await reconcile();
    expect(body()).toMatchObject({ jobID: JOB_ID, status: 'failed', cause: { type: 'non-zero-exit' } });
    expect(calls[0]?.body.toString()).not.toMatch(/confidential|subscriber|secret/);
  });

  it.each([
    ['that are large', async () => document('x'.repeat(INLINE_LIMIT + 1))],
    ['that make no document', () => Promise.reject(new NotAcceptableError('too large'))],
    ['that have expired meanwhile', () => Promise.reject(new ResultsExpiredError(JOB_ID, at(9)))],
    ['that are not whole', () => Promise.reject(new JobFailedError(JOB_ID, 'result-incomplete', 'cut'))],
  ])('is sent links to results %s', async (_what, results) => {
    const { put, outcome, reconcile, body } = setUp({}, results);
    put(outcome(successful));
    await reconcile();
    const link = expect.objectContaining({ href: `https://api.example/jobs/${JOB_ID}/results` });
    expect(body()).toEqual({ one: link, two: link });
  });

  it('is called again after a while, with the same id', async () => {
    const { put, outcome, reconcile, calls, answers, deliveries } = setUp();
    put(outcome(successful));
    answers.push({ text: '503', verdict: 'retry' });
    await reconcile(10);
    expect(deliveries()).toMatchObject({ success: { status: 'pending', attempts: 1, next: at(12).toISOString() } });
    expect(await reconcile(11)).toEqual({ requeueAfter: 1_000 });
    expect(calls).toHaveLength(1);
    await reconcile(12);
    expect(calls.map(({ id }) => id)).toEqual(['msg_job-uid_successful', 'msg_job-uid_successful']);
    expect(deliveries()).toMatchObject({ success: { status: 'delivered', attempts: 2 } });
  });

  it('that answers late is given the whole while from its answer', async () => {
    const { put, outcome, reconcile, answers, deliveries } = setUp();
    put(outcome(successful));
    answers.push({ text: 'no-answer', verdict: 'retry' });
    const clock = jest.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValue(15_000);
    await reconcile(10).finally(() => clock.mockRestore());
    expect(deliveries()).toMatchObject({ success: { first: at(10).toISOString(), next: at(27).toISOString() } });
  });

  it('whose host does not answer is called when it does, and no attempt is counted until then', async () => {
    const { put, outcome, reconcile, calls, deliveries, gate, cluster } = setUp();
    put(outcome(successful));
    silence(gate, at(10));
    await reconcile(10);
    const held = { state: 'successful', status: 'pending', attempts: 0, first: at(10).toISOString(), history: [] };
    expect(deliveries()).toEqual({ success: held });
    const before = cluster.calls.length;
    expect(await reconcile(11)).toEqual({ requeueAfter: FIRST_REST - 1_000 });
    expect([calls, cluster.calls.length]).toEqual([[], before]);
    await reconcile(10 + FIRST_REST / 1_000);
    expect(calls).toHaveLength(1);
    expect(deliveries()).toMatchObject({ success: { status: 'delivered', attempts: 1, first: at(10).toISOString() } });
  });

  it('whose host has not answered for a day is given up, whether or not its turn came', async () => {
    const { put, outcome, reconcile, calls, deliveries, gate } = setUp();
    const day = PATIENCE / 1_000;
    put(outcome(successful));
    silence(gate, at(10));
    await reconcile(10);
    silence(gate, at(10 + day));
    await reconcile(9 + day);
    expect(deliveries()).toMatchObject({ success: { status: 'pending' } });
    await reconcile(10 + day);
    expect(calls).toEqual([]);
    expect(deliveries()).toMatchObject({ success: { status: 'given-up', attempts: 0 } });
    expect(await reconcile(11 + day)).toBeUndefined();
  });

  it('whose message could not be made for a day is given up, so that the Job can go', async () => {
    const { put, outcome, reconcile, calls, deliveries } = setUp({}, () => Promise.reject(new Error('store away')));
    const day = PATIENCE / 1_000;
    put(outcome(successful));
    await expect(reconcile(10)).rejects.toThrow('store away');
    await expect(reconcile(9 + day)).rejects.toThrow('store away');
    const held = { state: 'successful', attempts: 0, first: at(10).toISOString(), history: [] };
    expect(deliveries()).toEqual({ success: { ...held, status: 'pending' } });
    await expect(reconcile(10 + day)).rejects.toThrow('store away');
    expect([calls, deliveries()]).toEqual([[], { success: { ...held, status: 'given-up' } }]);
    expect(await reconcile(11 + day)).toBeUndefined();
  });

  it('whose host has all the calls that it may have waits for one, and nothing is noted of that', async () => {
    const { put, outcome, reconcile, calls, deliveries, gate } = setUp();
    put(outcome(successful));
    for (let n = 0; n < CALLS_PER_HOST; n += 1) gate.enter('https://success.example/', +at(10));
    expect(await reconcile(10)).toEqual({ requeueAfter: expect.any(Number) });
    expect([calls, deliveries()]).toEqual([[], {}]);
  });

  it('that has answered is not called again because that could not be noted', async () => {
    const { cluster, put, outcome, reconcile, calls, deliveries } = setUp();
    put(outcome(successful));
    cluster.failNext('patchJob', new KubernetesError('unavailable', 'API server away'));
    await expect(reconcile(10)).rejects.toThrow('API server away');
    await reconcile(20);
    expect(calls).toHaveLength(1);
    expect(deliveries()).toMatchObject({ success: { status: 'delivered', history: [{ at: at(10).toISOString() }] } });
  });

  it('is noted on the Job as it is, where another has changed it meanwhile', async () => {
    const { cluster, put, outcome, reconcile, deliveries } = setUp();
    put({ ...outcome(successful), 'pygeoapi.io/key': 'kept' });
    cluster.failNext('patchJob', new KubernetesError('conflict', 'modified', 409));
    await reconcile();
    expect(deliveries()).toMatchObject({ success: { status: 'delivered' } });
    expect(cluster.annotationsOf(JOB)['pygeoapi.io/key']).toBe('kept');
  });

  it('is not undone by a leader that wakes late', async () => {
    const { cluster, put, outcome, reconcile, answers, deliveries } = setUp();
    put(outcome(successful));
    answers.push({ text: 'no-answer', verdict: 'retry' });
    const told = { state: 'successful', status: 'delivered', attempts: 7, first: at(1).toISOString(), history: [] };
    const getJob = cluster.client.getJob.bind(cluster.client);
    cluster.client.getJob = async (name) => {
      const kubeJob = await getJob(name);
      const annotations = {
        ...kubeJob?.metadata?.annotations,
        [ownAnnotation.deliveries]: JSON.stringify({ success: told }),
      };
      return cluster.addJob({ ...kubeJob, metadata: { ...kubeJob?.metadata, annotations } });
    };
    cluster.failNext('patchJob', new KubernetesError('conflict', 'modified', 409));
    await reconcile();
    expect(deliveries()).toEqual({ success: told });
  });

  it.each([
    ['is going', { metadata: { name: JOB, uid: 'job-uid', deletionTimestamp: at(6) } }],
    ['is removed', {}],
  ])('of a job that %s is not called', async (what, rest) => {
    const { put, outcome, reconcile, calls } = setUp();
    put(
      {
        ...outcome(successful),
        ...(what === 'is removed' ? { [ownAnnotation.removed]: at(6).toISOString() } : {}),
      },
      rest,
    );
    expect(await reconcile()).toBeUndefined();
    expect(calls).toEqual([]);
  });
});

describe('the retention of a job with subscribers', () => {
  const spec = { spec: { ttlSecondsAfterFinished: 8_640_000, template: {} } };
  const ttl = (cluster: FakeCluster) => cluster.kubeJobs.get(JOB)?.spec?.ttlSecondsAfterFinished;

  it('is put in force when they are told and everything is collected', async () => {
    const { cluster, put, outcome, reconcile, answers } = setUp({ [ownAnnotation.ttl]: '60' });
    put({ ...outcome(successful), [ownAnnotation.collection]: 'done' }, spec);
    answers.push({ text: '500', verdict: 'retry' });
    await reconcile(10);
    await reconcile(11);
    expect(ttl(cluster)).toBe(8_640_000);
    await reconcile(20);
    await reconcile(20);
    expect(ttl(cluster)).toBe(60);
    const before = cluster.calls.length;
    await reconcile(21);
    expect(cluster.calls).toHaveLength(before);
  });

  it('is put in force where it is dismissed, though nobody is told of that', async () => {
    const { cluster, put, outcome, reconcile, calls } = setUp({ [ownAnnotation.ttl]: '60' });
    const dismissed = { status: 'dismissed', finished: at(5).toISOString() };
    put({ ...outcome(dismissed), [ownAnnotation.collection]: 'done' }, spec);
    await reconcile(10);
    expect([ttl(cluster), calls]).toEqual([60, []]);
  });

  it('waits for the collection', async () => {
    const { cluster, put, outcome, reconcile } = setUp({ [ownAnnotation.ttl]: '60' });
    put(outcome(successful), spec);
    await reconcile(10);
    await reconcile(10);
    expect(ttl(cluster)).toBe(8_640_000);
  });
});
