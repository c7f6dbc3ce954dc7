import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Exposition } from '../support/exposition.js';
import { RunningPods } from '../support/running-pods.js';
import { TestBed, TOKEN, type StatusInfo, type TestReplica } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const CALLERS = ['alice', 'bob', 'carol'] as const;
type CallerName = (typeof CALLERS)[number];
const ADMISSION = 'processes.pygeoapi.io/admission';
const CALLER = 'processes.pygeoapi.io/caller';

const PROCESSES = `
  short:
    type: process
    processor: &callers
      name: test.Callers
      mimetype: text/plain
      metadata: { title: Short, description: Short, jobControlOptions: [sync-execute, async-execute, dismiss] }
      program: "sleep 1; echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo $PYGEOAPI_JOB_ID"
  long:
    type: process
    processor:
      <<: *callers
      program: "trap 'exit 0' TERM; i=0; while [ $i -lt 600 ]; do i=$((i + 1)); sleep 1; done"
  chosen:
    type: process
    processor:
      <<: *callers
      allowed_queue_priorities: [urgent]
  impatient:
    type: process
    processor:
      <<: *callers
      queue_deadline_seconds: 2
`;

type Queued = StatusInfo & {
  readonly queue?: { readonly position?: number; readonly reason?: string; readonly waitingSince?: string };
};

let bed: TestBed | undefined;
const here = () => bed as TestBed;
let pods: RunningPods | undefined;
afterEach(() => pods?.end());

/** A server with these limits, which ends with the tests of the block. */
const started = (limits: string): void => {
  beforeAll(async () => void (await start(limits)));
  afterAll(() => bed?.stop());
};

async function start(limits: string): Promise<TestBed> {
  const plugin = join(process.cwd(), 'test/fixtures/custom-processors/callers.mjs');
  bed = await TestBed.startProcess(
    {},
    {
      configuration: (text) =>
        text
          .replace('\n  manager:\n', `\n  manager:\n${limits.replaceAll(/^/gm, '    ')}\n`)
          .replace('\nresources:\n', `\nplugins: ['${plugin}']\nresources:\n`)
          .replace(/(\nresources:\n)[\s\S]*$/, `$1${PROCESSES}`),
    },
  );
  return bed;
}

const submit = (client: Pick<TestBed, 'submit'>, caller: CallerName, process = 'short') =>
  client.submit(process, {}, { token: `token-of-${caller}` });
const kubeJobs = async () => (await bed?.cluster.kubeJobs()) ?? [];
const kubeJob = async (id: string) => (await kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(id));
const nameOf = (id: string) => `pygeoapi-job-${id}`;
const status = async (id: string): Promise<Queued> => (await bed?.status(id)) as Queued;
const admitted = async (ids: readonly string[]) =>
  (await kubeJobs()).filter(
    ({ metadata }) =>
      metadata?.annotations?.[ADMISSION]?.startsWith('admitted@') && ids.some((id) => metadata.name === nameOf(id)),
  );
const allEnded = (client: TestReplica | TestBed, ids: readonly string[]) => {
  const ends = new Map<string, string>();
  return eventually(
    'the end of all jobs',
    async () => {
      const going = ids.filter((id) => !ends.has(id));
      const states = await Promise.all(going.map(async (id) => [id, (await client.status(id)).status] as const));
      for (const [id, state] of states) if (state === 'successful' || state === 'failed') ends.set(id, state);
      return ends.size === ids.length && ids.map((id) => ends.get(id));
    },
    240_000,
  );
};

describe('jobs that limits of all and of each caller hold for', () => {
  started('max_running: 3\nmax_running_per_caller: 2');

  it('run as many at once as may, fair among their callers, and all end well', async () => {
    const server = here();
    const owners = new Map<string, CallerName>();
    pods = await RunningPods.watch(server.cluster, (job) => owners.get(job) ?? 'nobody known yet');
    // Nobody has a turn before all are there, however slow the cluster is.
    const first = await Promise.all(CALLERS.map((caller) => submit(server, caller, 'long')));
    first.forEach((id, at) => owners.set(nameOf(id), CALLERS[at] ?? 'alice'));
    await Promise.all(first.map((id) => server.until(id, 'running')));
    const ids: string[] = [];
    for (const [caller, count] of [
      ['alice', 10],
      ['bob', 3],
      ['carol', 3],
    ] as const)
      for (let number = 0; number < count; number += 1) {
        const id = await submit(server, caller);
        owners.set(nameOf(id), caller);
        ids.push(id);
      }
    const last = ids[9] ?? '';
    const waiting = await status(last);
    expect(waiting).toMatchObject({
      status: 'accepted',
      message: expect.stringMatching(/^The job waits for its turn/),
      queue: {
        position: expect.any(Number),
        reason: expect.stringMatching(/^(MaxRunning|Next)/),
        waitingSince: expect.any(String),
      },
    });
    expect(waiting.queue?.position).toBeGreaterThan(1);
    for (const [at, id] of first.entries())
      expect((await server.delete(`/jobs/${id}`, `token-of-${CALLERS[at]}`)).status).toBe(200);
    expect(await allEnded(server, ids)).toEqual(ids.map(() => 'successful'));
    expect(await server.result(last)).toBe(`${last}\n`.trimEnd());
    expect(await status(last)).not.toHaveProperty('queue');
    expect(pods.most).toBe(3);
    for (const caller of CALLERS) expect(pods.mostOfGroup(caller)).toBeLessThanOrEqual(2);
    for (const id of ids) expect(pods.of(nameOf(id))).toBe(1);
    const jobs = await admitted([...first, ...ids]);
    expect(new Set(jobs.map(({ metadata }) => metadata?.labels?.[CALLER])).size).toBe(CALLERS.length);
    // Of those admitted once all were there, nobody had two turns more than another that still waited.
    const annotation = (job: (typeof jobs)[number], name: string) => job.metadata?.annotations?.[name] ?? '';
    const allThere =
      jobs
        .map((job) => annotation(job, 'pygeoapi.io/started'))
        .sort()
        .at(-1) ?? '';
    const turns = jobs
      .map((job) => ({
        at: annotation(job, ADMISSION).split('@')[1] ?? '',
        caller: owners.get(job.metadata?.name ?? ''),
      }))
      .filter(({ at }) => at > allThere)
      .sort((a, b) => (a.at < b.at ? -1 : 1))
      .map(({ caller }) => caller);
    const untilOthersAreThrough = turns.slice(0, turns.findLastIndex((caller) => caller !== 'alice') + 1);
    const turnsOf = (name: CallerName) => untilOthersAreThrough.filter((caller) => caller === name).length;
    expect(turnsOf('bob') + turnsOf('carol')).toBeGreaterThan(2);
    expect(turnsOf('alice')).toBeLessThanOrEqual(Math.max(turnsOf('bob'), turnsOf('carol')) + 1);
  });

  it('are lost by no death of the replica that leads, and started once', async () => {
    const server = here();
    pods = await RunningPods.watch(server.cluster);
    await eventually('the first leading', () => server.leads());
    const other = await server.startReplica();
    const ids = await Promise.all(
      Array.from({ length: 18 }, (_, number) => submit(number % 2 ? other : server, CALLERS[number % 3] ?? 'alice')),
    );
    await eventually('some having had their turn', async () => (await admitted(ids)).length >= 5, 60_000);
    await server.server?.end('SIGKILL');
    expect(await allEnded(other, ids)).toEqual(ids.map(() => 'successful'));
    expect(ids.map((id) => pods?.of(nameOf(id)))).toEqual(ids.map(() => 1));
    expect(pods.most).toBeLessThanOrEqual(4);
    expect((await other.get('/jobs', TOKEN)).status).toBe(200);
  });
});

describe('jobs of which one may run', () => {
  started('max_running: 1\nmax_waiting: 2');

  it('are refused where as many wait as may, and never start once they are dismissed', async () => {
    const server = here();
    pods = await RunningPods.watch(server.cluster);
    const running = await submit(server, 'alice', 'long');
    await server.until(running, 'running');
    const [first, second] = [await submit(server, 'alice'), await submit(server, 'bob')];
    const refused = await server.execute('short', {}, { token: 'token-of-carol', prefer: 'respond-async' });
    expect([refused.status, Number(refused.headers.get('retry-after')) > 0, await refused.json()]).toEqual([
      429,
      true,
      expect.objectContaining({
        type: expect.stringContaining('too-many-jobs'),
        detail: expect.stringContaining('max_waiting'),
      }),
    ]);
    expect((await status(second)).queue?.position).toBe(first < second ? 1 : 2);
    expect((await server.delete(`/jobs/${first}`, 'token-of-alice')).status).toBe(200);
    await eventually('the end of its Job', async () =>
      (await kubeJob(first))?.status?.conditions?.some(({ type }) => type === 'Failed'),
    );
    expect((await status(first)).status).toBe('dismissed');
    const third = await submit(server, 'carol');
    expect((await server.delete(`/jobs/${running}`, 'token-of-alice')).status).toBe(200);
    expect(await allEnded(server, [second, third])).toEqual(['successful', 'successful']);
    expect([first, second, third].map((id) => pods?.of(nameOf(id)))).toEqual([0, 1, 1]);
    expect(pods.most).toBe(1);
  });

  it('fail where they wait longer than they may, and leave alone what somebody suspends after its turn', async () => {
    const server = here();
    pods = await RunningPods.watch(server.cluster);
    const running = await submit(server, 'alice', 'long');
    await server.until(running, 'running');
    const impatient = await submit(server, 'bob', 'impatient');
    expect(await server.ended(impatient)).toMatchObject({ status: 'failed', cause: { type: 'not-admitted' } });
    const next = await submit(server, 'bob');
    const { batch, namespace } = server.cluster;
    await batch.patchNamespacedJob({
      name: nameOf(running),
      namespace,
      body: [{ op: 'replace', path: '/spec/suspend', value: true }],
    });
    expect(await server.ended(next)).toMatchObject({ status: 'successful' });
    const after = await submit(server, 'carol');
    expect(await server.ended(after)).toMatchObject({ status: 'successful' });
    expect((await kubeJob(running))?.spec?.suspend).toBe(true);
    expect(await status(running)).toMatchObject({ status: 'accepted', message: expect.stringContaining('suspended') });
    expect(pods.of(nameOf(impatient))).toBe(0);
  });
});

describe('jobs that wait by their priority', () => {
  started('max_running: 2\nqueue_priorities: { urgent: 10 }');

  it('go on where a limit is lowered, and the most urgent of those that wait comes next', async () => {
    const server = here();
    pods = await RunningPods.watch(server.cluster);
    const running = [await submit(server, 'alice', 'long'), await submit(server, 'alice', 'long')];
    for (const id of running) await server.until(id, 'running');
    await server.server?.end();
    const configuration = join(server.cluster.folder, 'configuration.yaml');
    const text = await readFile(configuration, 'utf8');
    await writeFile(configuration, text.replace('max_running: 2', 'max_running: 1'));
    await server.startServer();
    const first = await submit(server, 'alice', 'chosen');
    const body = { queue: { priority: 'urgent' } };
    const urgent = await server.submit('chosen', {}, { token: 'token-of-alice', body });
    await eventually('both being in line', async () => (await status(first)).queue?.position === 2);
    expect((await status(urgent)).queue).toMatchObject({ position: 1, priority: 'urgent', reason: 'MaxRunning' });
    const page = await server.get(`/jobs/${urgent}?f=html`);
    expect(await page.text()).toMatch(/<dt>Position<\/dt><dd>1<\/dd>/);
    const line = await Exposition.of(server);
    expect(['waiting', 'running'].map((state) => line.value(`line_jobs{state="${state}"}`))).toEqual([2, 2]);
    const dismiss = async (id = '') => {
      expect((await server.delete(`/jobs/${id}`, 'token-of-alice')).status).toBe(200);
      await eventually('the end of its Job', async () =>
        (await kubeJob(id))?.status?.conditions?.some(({ type }) => type === 'Failed'),
      );
    };
    await dismiss(running[0]);
    expect((await status(first)).message).toContain('1 job runs');
    await dismiss(running[1]);
    expect(await allEnded(server, [first, urgent])).toEqual(['successful', 'successful']);
    const turnOf = async (id: string) => (await kubeJob(id))?.metadata?.annotations?.[ADMISSION] ?? '';
    expect((await turnOf(urgent)) < (await turnOf(first))).toBe(true);
    expect([...running, first, urgent].map((id) => pods?.of(nameOf(id)))).toEqual([1, 1, 1, 1]);
    const admissions = 'job_admission_duration_seconds_count{process="chosen"}';
    await eventually('the metrics', async () => (await Exposition.of(server)).value(admissions) === 2);
  });
});
