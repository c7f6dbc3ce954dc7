import { expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { describeWithKueue, type TestQueues, withQueues } from '../support/kueue.js';
import { randomNumbers } from '../support/random.js';
import { type Attempted, podsOfLog, Runs } from '../support/runs.js';
import type { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const ROUNDS = 4;
/** Milliseconds from when the jobs of a round are asked for to the moment in which they end. */
const BEGINNING = 9_000;

/** All of a round end in the same second, which is an input; or, where they are asked to, before: well, or only then and well. */
const ending = (name: string, onTerm: string) => `
  ${name}:
    type: process
    processor:
      <<: *queued
      metadata: { <<: *modes, inputs: { until: { schema: { type: integer } } } }
      command:
        - sh
        - -c
        - >-
          trap '${onTerm}' TERM; run=$(hostname); echo working $run;
          until=$(echo "$PYGEOAPI_K8S_MANAGER_INPUTS" | sed 's/[^0-9]//g');
          while [ $(date +%s) -lt $until ]; do sleep 0.2; done;
          echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo result $run
`;
const processes = (queues: TestQueues) => `
  urgent:
    type: process
    processor: &queued
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: false
      mimetype: text/plain
      metadata: &modes { jobControlOptions: [async-execute, dismiss] }
      command: [sh, -c, 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo result $(hostname)']
      resources: { requests: { cpu: 240m }, limits: { cpu: 240m } }
      queue_name: batch
      queue_priority: ${queues.low}
      allowed_queue_priorities: [${queues.low}, ${queues.high}]
${ending('ends-when-asked', 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo too early; exit 0')}
${ending('ends-by-itself', '')}
`;

describeWithKueue('jobs that Kueue preempts in the second in which they succeed', () => {
  const seed = Number(process.env['E2E_SEED'] ?? Date.now() % 1_000_000);
  const random = randomNumbers(seed);
  let bed: TestBed;
  let queues: TestQueues;
  let runs: Runs;
  withQueues(processes, (...made) => {
    [bed, queues] = made;
    runs = new Runs(bed.cluster);
  });

  const statusOf = async (id: string) => (await bed.status(id)) as Attempted;
  const ended = (id: string) =>
    eventually(
      `the end of ${id}`,
      async () => {
        const status = await statusOf(id);
        return status.finished === undefined ? Promise.reject(new Error(status.message)) : status;
      },
      120_000,
    );

  it(`have the result that Kubernetes counts, and each other run is an attempt (seed ${seed})`, async () => {
    const ids: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const until = Math.ceil((Date.now() + BEGINNING) / 1000);
      const names = ['ends-when-asked', 'ends-by-itself', 'ends-when-asked', 'ends-by-itself'];
      const jobs = await Promise.all(names.map((name) => bed.submit(name, { until })));
      await setTimeout(Math.max(0, until * 1000 - Date.now()) + random() * 1_200 - 700);
      // All that there is, in four pieces: those that have ended make room, the others are preempted.
      const body = { queue: { priority: queues.high } };
      const urgent = await Promise.all(names.map(() => bed.submit('urgent', {}, { body })));
      await Promise.all([...jobs, ...urgent].map(ended));
      ids.push(...jobs);
    }
    await bed.cluster.allReleased();

    const stored = await bed.store.logs();
    const causes: string[] = [];
    for (const id of ids) {
      const about = `${id} (seed ${seed})`;
      const { status, attempts = [] } = await statusOf(id);
      expect([about, status]).toEqual([about, 'successful']);
      const [result, log] = [await bed.result(id), await bed.log(id)];
      const run = /^result (\S+)$/.exec(result.trim())?.[1] ?? `none: ${result}`;
      expect([about, podsOfLog(log), log.includes(`result ${run}`)]).toEqual([about, [run], true]);
      // What Kubernetes has counted.
      const pods = await runs.pods(id);
      const last = pods.find(({ metadata }) => metadata?.name === run);
      expect([about, last?.status?.phase, last?.metadata?.deletionTimestamp]).toEqual([about, 'Succeeded', undefined]);
      expect([about, (await runs.kubeJob(id))?.status?.succeeded]).toEqual([about, 1]);
      for (const { attempt, pod } of attempts) {
        const text = await (await bed.get(`/jobs/${id}/logs?attempt=${attempt}`)).text();
        expect([about, podsOfLog(text)]).toEqual([about, [pod]]);
        expect([about, pod]).not.toEqual([about, run]);
      }
      expect([about, await runs.started(id)]).toEqual([about, attempts.length + 1]);
      expect([about, stored.filter((key) => key.includes(id)).length]).toEqual([about, attempts.length + 1]);
      causes.push(...attempts.map(({ cause }) => cause.type));
    }
    process.stdout.write(
      `${ids.length} jobs, seed ${seed}: ${causes.length} runs did not count (${[...new Set(causes)].join(', ')})\n`,
    );
    expect(causes.length).toBeGreaterThan(0);
  }, 400_000);
});
