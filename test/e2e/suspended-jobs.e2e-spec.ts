import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { randomNumbers } from '../support/random.js';
import { type Attempted, Runs } from '../support/runs.js';
import { TestBed } from '../support/test-bed.js';
import { closely, eventually } from '../support/wait.js';

/** Each run has a result of its own; when it is asked to end it says so, and ends as its process has it. */
const program = (onTerm: string) =>
  `trap '${onTerm}' TERM; run=$(cat /proc/sys/kernel/random/uuid); echo working $run; i=0; while [ $i -lt 15 ]; do i=$((i+1)); sleep 1; done; ` +
  'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo result $run';

const PROCESSES = `
  ends-well-when-asked:
    type: process
    processor: &suspended
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: false
      mimetype: text/plain
      metadata: { jobControlOptions: [sync-execute, async-execute, dismiss] }
      command: [sh, -c, "${program('echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo too early; exit 0')}"]
  fails-when-asked:
    type: process
    processor:
      <<: *suspended
      command: [sh, -c, "${program('echo asked to end; exit 143')}"]
`;

const BRIEF = `
  brief:
    type: process
    processor:
      <<: *suspended
      command: [sh, -c, "run=$(cat /proc/sys/kernel/random/uuid); echo working $run; sleep 2; echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo result $run"]
  not-for-long:
    type: process
    processor:
      <<: *suspended
      queue_deadline_seconds: 2
`;

describe('a Job that is suspended while it runs', () => {
  let bed: TestBed;
  let runs: Runs;
  beforeAll(async () => {
    bed = await TestBed.startProcess({}, { configuration: (text) => text + PROCESSES + BRIEF });
    runs = new Runs(bed.cluster);
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  const working = (id: string) =>
    eventually('its first line', async () => (await bed.log(id)).includes('working'), 120_000);
  const noted = (id: string) =>
    eventually(
      'the attempt',
      async () => ((await bed.status(id)) as Attempted).attempts?.length === 1 && (await runs.pods(id)).length === 0,
      120_000,
    );
  const ended = (id: string) =>
    eventually(
      'the end of the job',
      async () => {
        const status = (await bed.status(id)) as Attempted;
        return status.finished === undefined ? Promise.reject(new Error(status.message)) : status;
      },
      200_000,
    );
  /** The last run's result, and that the log of each run is there. */
  const expectOneRunOf = async (id: string) => {
    await ended(id);
    // A server that was away may collect the last run before those that do not count.
    await bed.cluster.allReleased();
    expect(await bed.status(id)).toMatchObject({
      status: 'successful',
      attempts: [{ attempt: 1, cause: { type: 'suspended' } }],
    });
    const [first = '', last = ''] = await Promise.all(
      ['?attempt=1', ''].map(async (query) => (await bed.get(`/jobs/${id}/logs${query}`)).text()),
    );
    const result = await bed.result(id);
    expect(result).toMatch(/^result \S+/);
    expect(last).toContain(result);
    const run = /working (\S+)/.exec(first)?.[1] ?? 'no line';
    expect(result).not.toContain(run);
    expect((await bed.store.logs()).filter((key) => key.includes(id))).toHaveLength(2);
    await eventually('the Job being complete', async () =>
      (await runs.kubeJob(id))?.status?.conditions?.some(({ type }) => type === 'Complete'),
    );
  };

  it('waits, however its program ended, and has the outcome of the run after it was resumed', async () => {
    const processes = ['ends-well-when-asked', 'fails-when-asked'];
    const ids = await Promise.all(processes.map((process) => bed.submit(process)));
    await Promise.all(ids.map(working));
    await Promise.all(ids.map((id) => runs.setSuspended(id, true)));
    await Promise.all(ids.map(noted));
    for (const id of ids) {
      const status = (await bed.status(id)) as Attempted;
      expect(status).toMatchObject({
        status: 'accepted',
        message: expect.stringContaining('suspended while it ran'),
        attempts: [{ attempt: 1, cause: { type: 'suspended' } }],
      });
      expect(status).not.toHaveProperty('finished');
      expect((await bed.get(`/jobs/${id}/results`)).status).toBe(404);
      expect(await (await bed.get(`/jobs/${id}/logs?attempt=1`)).text()).toContain('working');
    }
    await Promise.all(ids.map((id) => runs.setSuspended(id, false)));
    await Promise.all(ids.map(expectOneRunOf));
  }, 400_000);

  it('is told from one that has ended by a server that was away all the while', async () => {
    const processes = ['ends-well-when-asked', 'fails-when-asked'];
    const ids = await Promise.all([...processes, ...processes].map((process) => bed.submit(process)));
    await Promise.all(ids.map(working));
    await bed.server?.end('SIGKILL');
    await Promise.all(ids.map((id) => runs.setSuspended(id, true)));
    const resume = async (id: string, index: number) => {
      await eventually('the run having ended', async () => {
        const [pod] = await runs.pods(id);
        return pod?.status?.containerStatuses?.every(({ state }) => state?.terminated !== undefined);
      });
      await runs.setSuspended(id, false);
      // As it is where it is resumed in the moment in which the Job controller takes its pod away.
      if (index >= processes.length) await runs.forgetSuspension(id);
      await eventually(
        'the second run having ended',
        async () => (await runs.kubeJob(id))?.status?.succeeded === 1,
        200_000,
      );
    };
    await Promise.all(ids.map(resume));
    await bed.startServer();
    await Promise.all(ids.map(expectOneRunOf));
  }, 400_000);

  it('in the moment in which its program ends has result and log of one and the same run', async () => {
    const seed = Number(process.env['E2E_SEED'] ?? Date.now() % 1_000_000);
    const random = randomNumbers(seed);
    const suspendAtItsEnd = async (id: string, late: number): Promise<void> => {
      await closely('the end of its container', async () => {
        const [pod] = await runs.pods(id);
        const hasEnded = pod?.status?.containerStatuses?.some(({ state }) => state?.terminated);
        return hasEnded ?? (await runs.kubeJob(id))?.status?.succeeded === 1;
      });
      await setTimeout(late);
      await runs.setSuspended(id, true);
      await setTimeout(late);
      await runs.setSuspended(id, false);
    };
    const ids = await Promise.all(Array.from({ length: 6 }, () => bed.submit('brief')));
    await Promise.all(ids.map((id) => suspendAtItsEnd(id, random() * 300)));
    for (const id of ids) {
      const { status, attempts = [] } = await ended(id);
      await bed.cluster.allReleased();
      const about = `${id} (seed ${seed})`;
      expect([
        about,
        status,
        status === 'successful'
          ? ''
          : JSON.stringify([await bed.status(id), await runs.kubeJob(id), await runs.pods(id)]),
      ]).toEqual([about, 'successful', '']);
      const result = (await bed.result(id)).trim();
      expect(await bed.log(id)).toContain(result);
      for (const { attempt } of attempts)
        expect(await (await bed.get(`/jobs/${id}/logs?attempt=${attempt}`)).text()).not.toContain(result);
      // The run may be one that Kubernetes took away: it ended before anybody suspended the Job, which makes no other pod any more.
      await eventually('the Job having ended for good', async () => {
        const { spec, status: kubeStatus } = (await runs.kubeJob(id)) ?? {};
        return kubeStatus?.succeeded === 1 || spec?.parallelism === 0;
      });
    }
  }, 400_000);

  it('fails for good where it stays so too long, and its container never starts again', async () => {
    const id = await bed.submit('not-for-long');
    await working(id);
    const seen = new Set<string | undefined>();
    const podsLeft = async () => {
      const pods = await runs.pods(id);
      for (const { metadata } of pods) seen.add(metadata?.uid);
      return pods.length;
    };
    await podsLeft();
    await runs.setSuspended(id, true);
    expect(await ended(id)).toMatchObject({
      status: 'failed',
      cause: { type: 'not-admitted', message: expect.stringContaining('more than 2 seconds') },
    });
    // The server resumes it, for no queue holds it, so that Kubernetes ends it.
    await eventually('Kubernetes having failed it', async () =>
      (await runs.kubeJob(id))?.status?.conditions?.some(({ type }) => type === 'Failed'),
    );
    await bed.cluster.allReleased();
    // The kubelet may be longer about the end of the only run than Kubernetes.
    await eventually('the end of its pod', async () => (await podsLeft()) === 0);
    expect(seen.size).toBe(1);
    // Its log is that of an attempt, too, where the run was over before the time was.
    expect(await bed.log(id)).toContain('working');
    expect((await bed.store.logs()).filter((key) => key.includes(id))).toHaveLength(1);
  }, 400_000);

  it('while another server begins to lead is told from one that has ended', async () => {
    const replicas = [await bed.startReplica(), await bed.startReplica()];
    const id = await bed.submit('ends-well-when-asked');
    await working(id);
    await runs.setSuspended(id, true);
    for (const replica of [bed.server, ...replicas.map(({ process }) => process)].slice(0, 2))
      await replica?.end('SIGKILL');
    bed.url = replicas[1]?.url ?? '';
    await runs.setSuspended(id, false);
    await expectOneRunOf(id);
    await replicas[1]?.process.end();
    await bed.startServer();
  }, 400_000);

  it('is dismissed like any other', async () => {
    const id = await bed.submit('fails-when-asked');
    await working(id);
    await runs.setSuspended(id, true);
    await noted(id);
    expect(await (await bed.delete(`/jobs/${id}`)).json()).toMatchObject({ status: 'dismissed' });
    await eventually('the end of its Job', async () =>
      (await runs.kubeJob(id))?.status?.conditions?.some(({ type }) => type === 'Failed'),
    );
    // What it wrote before is its log, and it has not run again.
    await eventually(
      'its log',
      async () => (await runs.kubeJob(id))?.metadata?.annotations?.['processes.pygeoapi.io/log-key'],
    );
    expect((await bed.status(id)).status).toBe('dismissed');
    expect(await bed.log(id)).toContain('working');
    await bed.removeJob(id);
  }, 400_000);
});
