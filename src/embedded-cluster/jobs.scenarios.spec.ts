import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../test/support/wait.js';
import { timestamp, type Pod } from './objects/kubernetes-object.js';
import type { ApiClient } from './testing/api-client.js';
import { essence, podEssence, shell, type Scenario } from './testing/scenarios.js';
import { enter, targets } from './testing/targets.js';

const COMPLETE = { status: 'True', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
const EXCEEDED = {
  status: 'True',
  reason: 'BackoffLimitExceeded',
  message: 'Job has reached the specified backoff limit',
};
const LATE = { status: 'True', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
const ended = { ready: 0, terminating: 0, uncountedTerminatedPods: {}, started: true };
const failed = { ...ended, failed: 1, completed: false };
const exceeded = [
  { type: 'FailureTarget', ...EXCEEDED },
  { type: 'Failed', ...EXCEEDED },
];
const done = { ready: false, started: false, restartCount: 0 };

describe.each(targets)('jobs on the %s cluster', (_kind, start) => {
  let client: ApiClient;
  let scenario: Scenario;
  let end: () => Promise<void>;

  beforeAll(async () => {
    ({ client, scenario, end } = await enter(await start()));
  });

  afterAll(() => end());

  const policy = {
    backoffLimit: 1,
    podReplacementPolicy: 'Failed',
    podFailurePolicy: {
      rules: [
        { action: 'Count', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        { action: 'FailJob', onExitCodes: { operator: 'NotIn', values: [0] } },
      ],
    },
  };

  it('replaces an evicted pod where the pod failure policy counts it', async () => {
    await scenario.createJob('evicted', { containers: [shell('trap "exit 143" TERM; sleep 600 & wait')] }, policy);
    const { metadata } = await scenario.podUntil('evicted', ({ status }) => status.phase === 'Running');
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: metadata.name } };
    const { code } = await client.call('POST', `${scenario.pods}/${metadata.name}/eviction`, eviction);
    expect(code).toBe(201);
    const next = await scenario.podUntil(
      'evicted',
      (pod) => pod.metadata.uid !== metadata.uid && pod.status.phase === 'Running',
    );
    const [job] = await scenario.jobUntil('evicted', ({ status }) => status.failed === 1);
    expect(job).toBeDefined();
    await client.call('POST', `${scenario.pods}/${next.metadata.name}/eviction`, {
      ...eviction,
      metadata: { name: next.metadata.name },
    });
    expect(essence(await scenario.jobEnded('evicted'))).toEqual({
      ...ended,
      failed: 2,
      completed: false,
      conditions: exceeded,
    });
  }, 90_000);

  it('fails a Job at once whose container’s exit code its pod failure policy says so of', async () => {
    await scenario.createJob('exits', { containers: [shell('exit 3')] }, { ...policy, backoffLimit: 5 });
    const job = await scenario.jobEnded('exits');
    const [pod] = await scenario.podsOf('exits');
    const message = `Container main for pod ${pod?.metadata.namespace}/${pod?.metadata.name} failed with exit code 3 matching FailJob rule at index 1`;
    const reason = { status: 'True', reason: 'PodFailurePolicy', message };
    expect(essence(job)).toEqual({
      ...failed,
      conditions: [
        { type: 'FailureTarget', ...reason },
        { type: 'Failed', ...reason },
      ],
    });
  });

  it('does not count a pod that its pod failure policy ignores', async () => {
    const rules = [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [3] } }];
    await scenario.createJob(
      'ignored',
      { containers: [shell('exit 3')] },
      { backoffLimit: 0, podFailurePolicy: { rules } },
    );
    const first = await scenario.podEnded('ignored');
    await scenario.podUntil('ignored', ({ metadata }) => metadata.uid !== first.metadata.uid);
    const [job] = await scenario.jobUntil('ignored', () => true);
    expect(job?.status).not.toHaveProperty('failed');
    await client.call('DELETE', `${scenario.jobs}/ignored?propagationPolicy=Background`);
  }, 60_000);

  it('refuses a pod failure policy of pods that are restarted', async () => {
    const { code } = await client.call('POST', scenario.jobs, {
      metadata: { name: 'restarted' },
      spec: { ...policy, template: { spec: { restartPolicy: 'OnFailure', containers: [shell('exit 3')] } } },
    });
    expect(code).toBe(422);
  });

  it('completes a Job whose container exits with 0, and tells how it went', async () => {
    await scenario.createJob('ok', {
      initContainers: [shell('echo init', { name: 'first' })],
      containers: [shell('echo out; echo err >&2')],
    });
    expect(essence(await scenario.jobEnded('ok'))).toEqual({
      ...ended,
      succeeded: 1,
      completed: true,
      conditions: [
        { type: 'SuccessCriteriaMet', ...COMPLETE },
        { type: 'Complete', ...COMPLETE },
      ],
    });
    const [pod] = await scenario.podsOf('ok');
    expect(podEssence(pod as Pod)).toEqual({
      phase: 'Succeeded',
      conditions: {
        PodReadyToStartContainers: 'False',
        Initialized: 'True PodCompleted',
        Ready: 'False PodCompleted',
        ContainersReady: 'False PodCompleted',
        PodScheduled: 'True',
      },
      init: [{ ...done, name: 'first', ready: true, state: { exitCode: 0, reason: 'Completed' } }],
      containers: [{ ...done, name: 'main', state: { exitCode: 0, reason: 'Completed' } }],
    });
    const log = await client.call<string>('GET', `${scenario.pods}/${pod?.metadata.name}/log`);
    expect(log.body.split('\n').sort()).toEqual(['', 'err', 'out']);
    expect(await scenario.eventReasons('Job', 'ok', 'Completed')).toEqual(['SuccessfulCreate', 'Completed']);
  });

  it('owns, labels and names the pod as the Job controller does', async () => {
    const name = `long-${'x'.repeat(58)}`;
    const job = await scenario.createJob(
      name,
      { containers: [shell('true')] },
      {},
      { annotations: { a: 'b' }, labels: { c: 'd' } },
    );
    const pod = await scenario.podEnded(name);
    const { uid } = job.metadata;
    expect(pod.metadata).toMatchObject({
      generateName: `${name}-`,
      annotations: { a: 'b' },
      labels: {
        c: 'd',
        'job-name': name,
        'batch.kubernetes.io/job-name': name,
        'controller-uid': uid,
        'batch.kubernetes.io/controller-uid': uid,
      },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true, blockOwnerDeletion: true }],
    });
    expect(pod.metadata.name).toMatch(new RegExp(`^${name.slice(0, 58)}[a-z0-9]{5}$`));
  });

  it('fails a Job whose container exits with 3', async () => {
    await scenario.createJob('bad', { containers: [shell('exit 3')] });
    expect(essence(await scenario.jobEnded('bad'))).toEqual({ ...failed, conditions: exceeded });
    expect((await scenario.podsOf('bad')).map(podEssence)).toMatchObject([
      { phase: 'Failed', containers: [{ ...done, name: 'main', state: { exitCode: 3, reason: 'Error' } }] },
    ]);
    expect(await scenario.eventReasons('Job', 'bad', 'BackoffLimitExceeded')).toContain('BackoffLimitExceeded');
  });

  it('does not start the containers after an init container has failed', async () => {
    await scenario.createJob('init', {
      initContainers: [shell('exit 4', { name: 'first' })],
      containers: [shell('true')],
    });
    expect(essence(await scenario.jobEnded('init'))).toEqual({ ...failed, conditions: exceeded });
    expect((await scenario.podsOf('init')).map(podEssence)).toEqual([
      {
        phase: 'Failed',
        conditions: {
          PodReadyToStartContainers: 'False',
          Initialized: 'False ContainersNotInitialized',
          Ready: 'False PodFailed',
          ContainersReady: 'False PodFailed',
          PodScheduled: 'True',
        },
        init: [{ ...done, name: 'first', state: { exitCode: 4, reason: 'Error' } }],
        containers: [{ ...done, name: 'main', state: { waiting: 'PodInitializing' } }],
      },
    ]);
  });

  it('tells that a command does not exist', async () => {
    await scenario.createJob('none', {
      containers: [{ name: 'main', image: 'busybox', command: ['/does/not/exist'] }],
    });
    const pod = await scenario.podEnded('none');
    const { terminated } = pod.status.containerStatuses?.[0]?.state ?? {};
    expect(terminated).toMatchObject({ exitCode: 128, reason: 'StartError', startedAt: timestamp(new Date(0)) });
    expect(terminated?.message).toContain('exec: "/does/not/exist": stat /does/not/exist: no such file or directory');
  });

  it('keeps the pod waiting when the image cannot be pulled, and refuses its log', async () => {
    await scenario.createJob('image', { containers: [{ name: 'main', image: 'docker.io/foreign/x:1' }] });
    const reasonOf = (pod: Pod): string | undefined => pod.status.containerStatuses?.[0]?.state.waiting?.reason;
    await scenario.podUntil('image', (pod) => reasonOf(pod) === 'ErrImagePull');
    const pod = await scenario.podUntil('image', (each) => reasonOf(each) === 'ImagePullBackOff');
    expect(pod.status.phase).toBe('Pending');
    expect(pod.status.containerStatuses?.[0]?.state.waiting?.message).toContain('docker.io/foreign/x:1');
    const { code, body } = await client.call('GET', `${scenario.pods}/${pod.metadata.name}/log`);
    expect({ code, body }).toMatchObject({
      code: 400,
      body: {
        reason: 'BadRequest',
        message: `container "main" in pod "${pod.metadata.name}" is waiting to start: trying and failing to pull image`,
      },
    });
    await client.call('DELETE', `${scenario.jobs}/image`, { propagationPolicy: 'Background' });
  });

  it("fails the pod at the pod's deadline and the Job with it, keeping the pod", async () => {
    await scenario.createJob('pod-deadline', { activeDeadlineSeconds: 1, containers: [shell('sleep 60')] });
    expect(essence(await scenario.jobEnded('pod-deadline'))).toEqual({ ...failed, conditions: exceeded });
    const [pod] = await scenario.podsOf('pod-deadline');
    expect(pod?.status).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
  });

  it("ends the pod at the Job's deadline", async () => {
    await scenario.createJob('job-deadline', { containers: [shell('sleep 60')] }, { activeDeadlineSeconds: 1 });
    expect(essence(await scenario.jobEnded('job-deadline'))).toEqual({
      ...failed,
      conditions: [
        { type: 'FailureTarget', ...LATE },
        { type: 'Failed', ...LATE },
      ],
    });
  });

  it('removes a finished Job with its pods after its TTL', async () => {
    await scenario.createJob('ttl', { containers: [shell('true')] }, { ttlSecondsAfterFinished: 1 });
    const seen = await client.watch(
      `${scenario.jobs}?watch=true&timeoutSeconds=30&fieldSelector=metadata.name%3Dttl`,
      ({ type }) => type === 'DELETED',
    );
    expect(seen.at(-1)?.type).toBe('DELETED');
    expect(await scenario.podsOf('ttl')).toEqual([]);
  });

  it("counts a pod that another's finalizer holds, and lets it go with the finalizer", async () => {
    await scenario.createJob('held', { containers: [shell('echo kept')] }, {}, { finalizers: ['example.com/hold'] });
    await scenario.jobEnded('held');
    const { body } = await client.call<object>('DELETE', `${scenario.jobs}/held`, { propagationPolicy: 'Foreground' });
    expect(body).toMatchObject({ kind: 'Job', metadata: { finalizers: ['foregroundDeletion'] } });
    const pod = await scenario.podUntil(
      'held',
      ({ metadata }) => metadata.deletionTimestamp !== undefined && metadata.finalizers?.length === 1,
    );
    expect(pod.metadata.finalizers).toEqual(['example.com/hold']);
    expect((await client.call<string>('GET', `${scenario.pods}/${pod.metadata.name}/log`)).body).toBe('kept\n');
    const gone = client.watch(
      `${scenario.jobs}?watch=true&timeoutSeconds=30&fieldSelector=metadata.name%3Dheld`,
      ({ type }) => type === 'DELETED',
    );
    const { code } = await client.call(
      'PATCH',
      `${scenario.pods}/${pod.metadata.name}`,
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/hold'] } },
      { 'content-type': 'application/strategic-merge-patch+json' },
    );
    expect(code).toBe(200);
    expect((await gone).at(-1)?.type).toBe('DELETED');
    expect(await scenario.podsOf('held')).toEqual([]);
  });

  it('ends the processes of a deleted pod with SIGTERM, then SIGKILL, and reports how they ended', async () => {
    await scenario.createJob(
      'killed',
      { containers: [shell('trap "" TERM; echo trapped; while true; do sleep 0.1; done')] },
      {},
      { finalizers: ['example.com/hold'] },
    );
    const running = await scenario.podUntil('killed', ({ status }) => status.phase === 'Running');
    const log = `${scenario.pods}/${running.metadata.name}/log`;
    await eventually('the trap', async () => (await client.call<string>('GET', log)).body.includes('trapped'));
    await client.call('DELETE', `${scenario.jobs}/killed`, { propagationPolicy: 'Background' });
    const pod = await scenario.podEnded('killed');
    expect(pod.metadata.uid).toBe(running.metadata.uid);
    expect(podEssence(pod)).toMatchObject({
      phase: 'Failed',
      containers: [{ state: { exitCode: 137, reason: 'Error' } }],
    });
    await client.call(
      'PATCH',
      `${scenario.pods}/${pod.metadata.name}`,
      { metadata: { finalizers: null } },
      { 'content-type': 'application/merge-patch+json' },
    );
  });

  it('restarts a failing container in its pod with OnFailure', async () => {
    await scenario.createJob(
      'again',
      { restartPolicy: 'OnFailure', containers: [shell('exit 5')] },
      { backoffLimit: 1 },
    );
    expect(essence(await scenario.jobEnded('again'))).toEqual({ ...failed, conditions: exceeded });
  });

  it('replaces a failed pod after ten seconds and counts both', async () => {
    await scenario.createJob('retried', { containers: [shell('exit 1')] }, { backoffLimit: 1 });
    expect(essence(await scenario.jobEnded('retried'))).toEqual({ ...failed, failed: 2, conditions: exceeded });
    const [first, second] = (await scenario.podsOf('retried'))
      .map((pod) => Date.parse(pod.metadata.creationTimestamp))
      .sort();
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(9000);
  });
});
