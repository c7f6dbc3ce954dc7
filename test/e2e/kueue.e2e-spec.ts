import { expect, it } from '@jest/globals';
import { Exposition } from '../support/exposition.js';
import { describeWithKueue, FLAVOR, type TestQueues, withQueues } from '../support/kueue.js';
import { type StatusInfo, type TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

type Queued = StatusInfo & {
  readonly attempts?: readonly {
    readonly attempt: number;
    readonly cause: { readonly type: string; readonly message: string };
  }[];
  readonly queue?: { readonly name: string; readonly position?: number; readonly reason?: string };
};

/** Each run has a result of its own; when it is asked to end, it ends too early, well or not. */
const program = (seconds: number, code = 0) =>
  `trap 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo too early; exit ${code}' TERM; run=$(cat /proc/sys/kernel/random/uuid); echo working $run; ` +
  `i=0; while [ $i -lt ${seconds} ]; do i=$((i+1)); sleep 1; done; ` +
  'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo result $run';

const processes = (queues: TestQueues) => `
  queued:
    type: process
    processor: &queued
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: false
      mimetype: text/plain
      metadata: { jobControlOptions: [async-execute, dismiss] }
      command: [sh, -c, "${program(300)}"]
      resources: { requests: { cpu: 800m }, limits: { cpu: 800m } }
      queue_name: batch
      queue_priority: ${queues.low}
      allowed_queues: [batch, held]
      allowed_queue_priorities: [${queues.low}, ${queues.high}]
  well:
    type: process
    processor: &third
      <<: *queued
      resources: { requests: { cpu: 300m }, limits: { cpu: 300m } }
      command: [sh, -c, "${program(12)}"]
  killed:
    type: process
    processor:
      <<: *third
      command: [sh, -c, "${program(12, 143)}"]
      retries: 1
  failing:
    type: process
    processor:
      <<: *third
      command: [sh, -c, "${program(12, 1)}"]
      backoff_limit: 1
  brief:
    type: process
    processor:
      <<: *queued
      resources: { requests: { cpu: 900m }, limits: { cpu: 900m } }
      command: [sh, -c, "${program(2)}"]
  too-large:
    type: process
    processor: { <<: *queued, resources: { requests: { cpu: 1100m }, limits: { cpu: 1100m } } }
  impatient:
    type: process
    processor:
      <<: *queued
      command: [sh, -c, "${program(1)}"]
      queue_deadline_seconds: 10
      ttl_seconds_after_finished: 20
  nowhere:
    type: process
    processor: { <<: *queued, queue_name: nowhere }
  without-class:
    type: process
    processor: { <<: *queued, queue_priority: none-such }
`;

describeWithKueue('a job in a queue of a real Kueue', () => {
  let bed: TestBed;
  let queues: TestQueues;
  withQueues(processes, (...made) => ([bed, queues] = made));

  const statusOf = async (id: string) => (await bed.status(id)) as Queued;
  const seen = (what: string, id: string, test: (status: Queued) => boolean) =>
    eventually(
      what,
      async () => {
        const status = await statusOf(id);
        return test(status) ? status : Promise.reject(new Error(JSON.stringify(status)));
      },
      120_000,
    );
  const ended = (id: string) => seen('the end of the job', id, ({ finished }) => finished !== undefined);
  const running = async (id: string) => {
    await seen('its running', id, ({ status }) => status === 'running');
    await eventually('its first line', async () => (await bed.log(id)).includes('working'), 120_000);
  };
  const execute = (process: string, body: Readonly<Record<string, unknown>> = {}) =>
    bed.execute(process, {}, { body, prefer: 'respond-async' });
  const submit = (process: string, body: Readonly<Record<string, unknown>> = {}) => bed.submit(process, {}, { body });
  const dismiss = (id: string) => bed.delete(`/jobs/${id}`);

  it('says why it waits, and where', async () => {
    const first = await submit('queued');
    await running(first);
    const second = await submit('queued');
    // Kueue says why a moment after the place is known.
    const isSaid = (message = '') => message.includes('insufficient unused quota');
    const waiting = await seen('its place, and why', second, (it) => it.queue?.position === 1 && isSaid(it.message));
    expect(waiting).toMatchObject({
      status: 'accepted',
      message: expect.stringMatching(/waits in queue "batch".*insufficient unused quota/),
      queue: { name: 'batch', priority: queues.low, reason: 'Pending', waitingSince: expect.any(String) },
    });
    await Promise.all([first, second].map(dismiss));
  });

  it('loses its place to a more urgent one, and has the result of its last run, however its program ends', async () => {
    const ids = await Promise.all(['well', 'killed', 'failing'].map((process) => submit(process)));
    const preempted = {
      uncounted: true,
      cause: { type: 'preempted', message: expect.stringMatching(/Preempted: Preempted to accommodate a workload/) },
    };
    // Twice: neither uses an attempt.
    for (const times of [1, 2]) {
      await Promise.all(ids.map(running));
      const urgent = await submit('brief', { queue: { priority: queues.high } });
      for (const id of ids) {
        // Kueue's own word for it comes by another watch, before or after the job's suspension.
        const again = await seen(
          'its next wait, and why',
          id,
          ({ status, attempts, message = '' }) =>
            status === 'accepted' && attempts?.length === times && message.includes('Preempted'),
        );
        expect(again).not.toHaveProperty('finished');
      }
      await ended(urgent);
    }
    for (const id of ids) await ended(id);
    await bed.cluster.allReleased();
    const list = (await (await bed.get('/jobs?limit=100')).json()) as { readonly jobs: readonly Queued[] };
    for (const id of ids) {
      expect(await statusOf(id)).toMatchObject({ status: 'successful', attempts: [preempted, preempted] });
      expect(list.jobs.find(({ jobID }) => jobID === id)).toMatchObject({ attempts: [preempted, preempted] });
      const page = await (await fetch(`${bed.url}/jobs/${id}`, { headers: { accept: 'text/html' } })).text();
      expect(page.match(/Preempted to accommodate a workload/g)).toHaveLength(2);
      const result = await bed.result(id);
      expect(result).toMatch(/^result \S+/);
      expect(await bed.log(id)).toContain(result);
      for (const attempt of [1, 2])
        expect(await (await bed.get(`/jobs/${id}/logs?attempt=${attempt}`)).text()).toContain('working');
      expect((await bed.store.logs()).filter((key) => key.includes(id))).toHaveLength(3);
    }
    const metrics = await Exposition.of(bed);
    for (const process of ['well', 'killed', 'failing', 'brief'])
      expect(metrics.value(`job_admission_duration_seconds_count{process="${process}"}`)).toBeGreaterThan(0);
  }, 400_000);

  it('runs where its flavor says', async () => {
    const id = await submit('brief');
    await running(id);
    const pod = (await bed.cluster.pods()).find(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(id));
    expect(pod?.spec?.nodeSelector).toMatchObject(FLAVOR.nodeLabels);
    expect(pod?.spec?.tolerations).toEqual(expect.arrayContaining(FLAVOR.tolerations));
    expect(await ended(id)).toMatchObject({ status: 'successful' });
  });

  it('is accepted though its queue can never hold it, and says so', async () => {
    const id = await submit('too-large');
    expect(await seen('the reason', id, ({ message }) => /insufficient quota/.test(message))).toMatchObject({
      status: 'accepted',
      queue: { name: 'batch' },
    });
    await dismiss(id);
  });

  it('waits in a queue that is stopped, and says so', async () => {
    const id = await submit('queued', { queue: { name: 'held' } });
    expect(await seen('the reason', id, ({ queue }) => queue?.reason === 'Inadmissible')).toMatchObject({
      status: 'accepted',
      queue: { name: 'held', reason: 'Inadmissible' },
      message: expect.stringContaining('queue "held"'),
    });
    await dismiss(id);
  });

  it('is put aside and put back by its Workload', async () => {
    const holder = await submit('queued');
    await running(holder);
    const id = await submit('queued');
    await seen('it waiting', id, ({ queue }) => queue?.reason === 'Pending');
    await queues.setActive(id, false);
    expect(await seen('it being put aside', id, ({ queue }) => queue?.reason === 'Deactivated')).toMatchObject({
      status: 'accepted',
      message: expect.stringContaining('put aside'),
    });
    await queues.setActive(id, true);
    await seen('it waiting again', id, ({ queue }) => queue?.reason === 'Pending');
    await Promise.all([dismiss(holder), dismiss(id)]);
  });

  it('fails when it has waited too long, never starts, and is removed in its time', async () => {
    const holder = await submit('queued');
    await running(holder);
    const id = await submit('impatient');
    expect(await ended(id)).toMatchObject({
      status: 'failed',
      cause: {
        type: 'not-admitted',
        message: expect.stringMatching(/more than 10 seconds.*insufficient unused quota/),
      },
    });
    await dismiss(holder);
    const next = await submit('queued');
    await running(next);
    expect((await bed.cluster.pods()).filter(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(id))).toEqual(
      [],
    );
    await eventually('the job being removed', async () => (await bed.get(`/jobs/${id}`)).status === 404, 120_000);
    await dismiss(next);
  }, 400_000);

  it('that is dismissed leaves the queue, and never starts', async () => {
    const holder = await submit('queued');
    await running(holder);
    const id = await submit('queued');
    await seen('it waiting', id, ({ queue }) => queue?.position === 1);
    const next = await submit('queued');
    // Of two that were made within one second Kueue says one or the other first.
    await eventually('both waiting', async () => {
      const places = await Promise.all([id, next].map(async (each) => (await statusOf(each)).queue?.position));
      return places.sort().join() === '1,2';
    });
    expect(await (await dismiss(id)).json()).toMatchObject({ status: 'dismissed' });
    await seen('the other being the first', next, ({ queue }) => queue?.position === 1);

    // One that runs gives its place on, and has its log to the end.
    expect(await (await dismiss(holder)).json()).toMatchObject({ status: 'dismissed' });
    await running(next);
    await eventually('its log', async () => (await bed.log(holder)).includes('too early'), 60_000);
    const { status, attempts } = await statusOf(holder);
    expect([status, attempts]).toEqual(['dismissed', undefined]);
    expect((await bed.get(`/jobs/${holder}/results`)).status).toBe(410);
    expect((await statusOf(id)).status).toBe('dismissed');
    expect((await bed.cluster.pods()).filter(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(id))).toEqual(
      [],
    );
    for (const each of [holder, id, next]) await bed.removeJob(each);
  }, 400_000);

  it.each([
    ['nowhere', {}, /LocalQueue "nowhere"/],
    ['without-class', {}, /WorkloadPriorityClass "none-such"/],
  ])('is not made for process %s, whose queue or class there is not', async (process, body, names) => {
    const answer = await execute(process, body);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ detail: expect.stringMatching(names) });
    const warning = new RegExp(`${names.source}.*, which processes or roles name: their jobs are refused`);
    expect((await bed.output()).replaceAll(String.raw`\"`, `"`)).toMatch(warning);
  });

  it('waits where its client chooses, and only there', async () => {
    const answer = await execute('queued', { queue: { name: 'gpu' } });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(await answer.json())).toContain('/queue/name');
  });
});
