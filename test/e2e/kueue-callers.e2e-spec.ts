import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { TestCluster } from '../support/cluster.js';
import { describeWithKueue, TestQueues } from '../support/kueue.js';
import { randomNumbers } from '../support/random.js';
import { isSlow } from '../support/slow-tests.js';
import { TestBed, type StatusInfo, type TestReplica } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

type Attempted = StatusInfo & {
  readonly attempts?: readonly {
    readonly attempt: number;
    readonly pod: string;
    readonly cause: { readonly type: string; readonly message: string };
  }[];
};

const CALLERS = ['one', 'two', 'three'] as const;
const JOBS = isSlow ? 50 : 9;
const KILLS = isSlow ? 30 : 8;
const BOUND = isSlow ? 900_000 : 400_000;

/**
 * Each caller has a queue, and programs that end otherwise when they are asked to: well, and too early; by the signal; by a code of their
 * own.
 */
const ENDINGS: Readonly<Record<(typeof CALLERS)[number], { readonly code: number; readonly more: string }>> = {
  one: { code: 0, more: '' },
  two: { code: 143, more: 'retries: 1' },
  three: { code: 1, more: 'backoff_limit: 1' },
};

const processes = (queues: TestQueues) =>
  CALLERS.map(
    (caller) => `
  of-${caller}:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: false
      mimetype: text/plain
      metadata: { jobControlOptions: [async-execute, dismiss] }
      command:
        - sh
        - -c
        - >-
          trap 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo too early; exit ${ENDINGS[caller].code}' TERM;
          run=$(hostname); echo working $run; i=0; while [ $i -lt 5 ]; do i=$((i+1)); sleep 1; done;
          echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo result $run
      resources: { requests: { cpu: 200m }, limits: { cpu: 200m } }
      queue_name: of-${caller}
      queue_priority: ${queues.low}
      allowed_queue_priorities: [${queues.low}, ${queues.high}]
      ${ENDINGS[caller].more}
`,
  ).join('');

describeWithKueue(`${JOBS} jobs of three callers in queues of a real Kueue`, () => {
  const seed = Number(process.env['E2E_SEED'] ?? Date.now() % 1_000_000);
  const random = randomNumbers(seed);
  const between = (low: number, high: number) => low + random() * (high - low);
  let bed: TestBed;
  let queues: TestQueues;
  const servers: TestReplica[] = [];
  beforeAll(async () => {
    const cluster = await TestCluster.start();
    queues = await TestQueues.create(cluster);
    for (const caller of CALLERS) await queues.addQueue(`of-${caller}`);
    bed = await TestBed.startProcess({}, { cluster, configuration: (text) => text + processes(queues) });
    await bed.server?.end();
    for (let index = 0; index < 2; index += 1) servers[index] = await bed.startReplica();
  });
  afterAll(async () => {
    await (queues as TestQueues | undefined)?.remove();
    await (bed as TestBed | undefined)?.stop();
  });

  const oneOf = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

  /** Asks one server or the other until one has made the job: with its key it is made once. */
  const submit = (number: number): Promise<string> => {
    const caller = CALLERS[number % CALLERS.length] as (typeof CALLERS)[number];
    // The first take all there is; the next is more urgent, and who comes later as often as not.
    const first = CALLERS.length * 2;
    const isUrgent = number === first || (number > first && random() < 0.5);
    const priority = isUrgent ? queues.high : queues.low;
    const options = {
      prefer: 'respond-async',
      body: { queue: { priority } },
      headers: { 'idempotency-key': `job-${number}` },
    };
    return eventually(`job ${number} being made`, async () => {
      const answer = await oneOf(servers).execute(`of-${caller}`, {}, options);
      if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
      return ((await answer.json()) as StatusInfo).jobID;
    });
  };

  /** How many pods of the job have run a container, as the kubelet says. */
  const startedPods = async (id: string): Promise<number> => {
    const { core, namespace } = bed.cluster;
    const fieldSelector = 'involvedObject.kind=Pod,reason=Started';
    const { items } = await core.listNamespacedEvent({ namespace, fieldSelector });
    return new Set(items.map(({ involvedObject: { name = '' } }) => name).filter((name) => name.includes(id))).size;
  };

  /** What the cluster has of a job: for who has to find out what went wrong. */
  const evidence = async (id: string): Promise<string> => {
    const { core, namespace } = bed.cluster;
    const { items } = await core.listNamespacedEvent({ namespace });
    const job = (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(id));
    return JSON.stringify({
      status: job?.status,
      annotations: job?.metadata?.annotations,
      events: items
        .filter(({ involvedObject: { name = '' } }) => name.includes(id))
        .map(({ involvedObject, lastTimestamp, reason, message }) => [
          involvedObject.name,
          lastTimestamp,
          reason,
          message,
        ]),
      servers: servers.map(({ process: { output } }) => output.split('\n').filter((line) => line.includes(id))),
    });
  };

  /** The pods of a log: those that its heading names, and those that its lines do. */
  const podsOf = (log: string): readonly string[] => [
    ...[...log.matchAll(/^Logs of pod '(.+)'/gm)].map(([, pod = '']) => pod),
    ...[...log.matchAll(/^working (\S+)$/gm)].map(([, pod = '']) => pod),
  ];

  it(
    `have exactly the result of their last run, and a log of each, with servers that are killed at random (seed ${seed})`,
    async () => {
      let over = false;
      const killed = [0, 0];
      const kill = async () => {
        // For ever no replica would lead long enough to collect anything.
        for (let turn = 0; turn < (over ? 4 : KILLS); turn += 1) {
          await setTimeout(between(500, 5_000));
          // Both in turn: whichever leads.
          const index = turn % 2;
          await servers[index]?.process.end('SIGKILL');
          await setTimeout(between(0, 3_000));
          servers[index] = await bed.startReplica();
          killed[index] = (killed[index] ?? 0) + 1;
        }
      };
      const execute = async () => {
        const ids: string[] = [];
        for (let number = 0; number < JOBS; number += 1) {
          ids.push(await submit(number));
          await setTimeout(between(0, 1_500));
        }
        for (const id of ids)
          await eventually(
            `the end of ${id}`,
            async () => {
              const status = await oneOf(servers).status(id);
              return status.finished === undefined ? Promise.reject(new Error(status.message)) : true;
            },
            BOUND,
          );
        return ids;
      };
      const [ids] = await Promise.all([execute().finally(() => (over = true)), kill()]);
      await bed.cluster.allReleased(120_000);
      const client = servers[0] as TestReplica;
      expect(new Set(ids).size).toBe(JOBS);
      expect(await bed.cluster.kubeJobs()).toHaveLength(JOBS);

      const stored = await bed.store.logs();
      const pods = await bed.cluster.pods();
      const kept = new Map(pods.map(({ metadata, status }) => [metadata?.name, status?.phase]));
      let preempted = 0;
      const others: string[] = [];
      for (const id of ids) {
        const { status, attempts = [] } = (await client.status(id)) as Attempted;
        const about = `${id} (seed ${seed})`;
        expect([about, status]).toEqual([about, 'successful']);
        const [result, log] = [await client.result(id), await client.log(id)];
        const last = /^result (\S+)$/.exec(result.trim())?.[1] ?? 'none';
        if (podsOf(log).join(' ') !== `${last} ${last}`)
          throw new Error(`${about} has the result ${result}, and the log ${log}; ${await evidence(id)}`);
        // What Kubernetes has counted.
        expect([about, kept.get(last)]).toEqual([about, 'Succeeded']);
        for (const { attempt, pod, cause } of attempts) {
          const answer = await client.get(`/jobs/${id}/logs?attempt=${attempt}`);
          expect([about, answer.status]).toEqual([about, 200]);
          expect([about, [...new Set(podsOf(await answer.text()))]]).toEqual([about, [pod]]);
          if (cause.type === 'preempted') preempted += 1;
          else others.push(cause.message);
        }
        expect([about, new Set([last, ...attempts.map(({ pod }) => pod)]).size]).toEqual([about, attempts.length + 1]);
        expect([about, await startedPods(id)]).toEqual([about, attempts.length + 1]);
        expect([about, stored.filter((key) => key.includes(id)).length]).toEqual([about, attempts.length + 1]);
      }
      const kills = killed.reduce((sum, count) => sum + count);
      process.stdout.write(
        `${others.map((message) => `${message}\n`).join('')}${JOBS} jobs, seed ${seed}: ${kills} times a server was killed, ${preempted} runs were preempted, ${others.length} suspended for other reasons\n`,
      );
      expect(preempted).toBeGreaterThan(0);
      for (const count of killed) expect(count).toBeGreaterThan(1);
    },
    BOUND + 300_000,
  );
});
