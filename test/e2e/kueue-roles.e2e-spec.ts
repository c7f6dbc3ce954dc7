import { expect, it } from '@jest/globals';
import { describeWithKueue, type TestQueues, withQueues } from '../support/kueue.js';
import type { StatusInfo, TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

type Queued = StatusInfo & { readonly queue?: { readonly name?: string; readonly priority?: string } };

const QUEUE = 'kueue.x-k8s.io/queue-name';
const PRIORITY = 'kueue.x-k8s.io/priority-class';
const NAMES = ['ann', 'bob', 'cleo'] as const;
const tokenOf = (name: string) => `the-token-of-${name}`;
/** Tokens stand in the file by their SHA-256 alone. */
const digestOf = async (name: string) =>
  Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(tokenOf(name)))).toString('hex');
const digests = await Promise.all(NAMES.map(digestOf));

/** Processes without a queue of their own but one. */
const configuration = (queues: TestQueues) => `
  queued-itself:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      metadata: { jobControlOptions: [async-execute, dismiss] }
      command: [sh, -c, 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo done']
      resources: { requests: { cpu: 100m }, limits: { cpu: 100m } }
      queue_name: batch
access:
  tokens:
${NAMES.map((name, at) => `    - { name: ${name}, sha256: '${digests[at] ?? ''}', roles: [${name}s] }`).join('\n')}
  roles:
    anns: { may: [read, execute, dismiss], queue_name: batch, queue_priority: ${queues.high} }
    bobs: { may: [read, execute, dismiss], queue_name: held }
    cleos: { may: [read, execute, dismiss] }
`;

describeWithKueue('the queue of a role, in a real Kueue', () => {
  let bed: TestBed;
  let queues: TestQueues;
  withQueues(configuration, (ofSuite, made) => ([bed, queues] = [ofSuite, made]));

  const statusOf = async (id: string, name: string) =>
    (await (await bed.get(`/jobs/${id}`, tokenOf(name))).json()) as Queued;
  const submit = (process: string, name: string) =>
    bed.submit(process, process === 'hello' ? { name: 'x' } : {}, { token: tokenOf(name) });
  const labelsOf = async (id: string) => {
    const job = (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(id));
    return job?.metadata?.labels ?? {};
  };

  it('is that of the jobs of who has it, with its priority: Kueue lets them run', async () => {
    const id = await submit('hello', 'ann');
    expect(await labelsOf(id)).toMatchObject({ [QUEUE]: 'batch', [PRIORITY]: queues.high });
    await eventually('the end of the job', async () => (await statusOf(id, 'ann')).status === 'successful', 120_000);
    expect(await queues.workload(id)).toBeDefined();
    expect((await statusOf(id, 'ann')).queue).toMatchObject({ name: 'batch', priority: queues.high });
  });

  it('keeps them waiting where it is stopped, while those of others run', async () => {
    const waiting = await submit('hello', 'bob');
    expect(await labelsOf(waiting)).toMatchObject({ [QUEUE]: 'held' });
    await eventually('its Workload', () => queues.workload(waiting));
    const others = await submit('hello', 'cleo');
    expect(await labelsOf(others)).not.toHaveProperty([QUEUE]);
    await eventually(
      'the end of the other job',
      async () => (await statusOf(others, 'cleo')).status === 'successful',
      120_000,
    );
    expect(await queues.workload(others)).toBeUndefined();
    expect(await statusOf(waiting, 'bob')).toMatchObject({ status: 'accepted', queue: { name: 'held' } });
    expect((await bed.get(`/jobs/${waiting}`, tokenOf('cleo'))).status).toBe(404);
  });

  it('goes after that of a process', async () => {
    const id = await submit('queued-itself', 'bob');
    expect(await labelsOf(id)).toMatchObject({ [QUEUE]: 'batch' });
    await eventually('the end of the job', async () => (await statusOf(id, 'bob')).status === 'successful', 120_000);
  });
});
