import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { onRealCluster } from '../support/cluster.js';
import { randomNumbers } from '../support/random.js';
import { type Attempted, podsOfLog, Runs } from '../support/runs.js';
import { TestBed } from '../support/test-bed.js';
import { closely, eventually } from '../support/wait.js';

const JOBS = 20;
/** Milliseconds in which all of them have to have begun; those that begin later end at once. */
const BEGINNING = onRealCluster ? 40_000 : 15_000;

/** All end at the same time, which is an input; and well, but without a result that counts, where they are asked to end before. */
const PROCESSES = `
  until:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: false
      mimetype: text/plain
      metadata:
        jobControlOptions: [async-execute, dismiss]
        inputs: { until: { schema: { type: integer } } }
      command:
        - sh
        - -c
        - >-
          trap 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo too early; exit 0' TERM;
          run=$(cat /proc/sys/kernel/random/uuid); echo working $run;
          until=$(echo "$PYGEOAPI_K8S_MANAGER_INPUTS" | sed 's/[^0-9]//g');
          while [ $(date +%s) -lt $until ]; do sleep 0.2; done;
          echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo result $run
`;

describe(`${JOBS} Jobs that are suspended in the moment in which their programs end`, () => {
  const seed = Number(process.env['E2E_SEED'] ?? Date.now() % 1_000_000);
  const random = randomNumbers(seed);
  let bed: TestBed;
  let runs: Runs;
  beforeAll(async () => {
    bed = await TestBed.startProcess({}, { configuration: (text) => text + PROCESSES });
    runs = new Runs(bed.cluster);
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  const statusOf = async (id: string) => (await bed.status(id)) as Attempted;
  const isComplete = async (id: string) =>
    (await runs.kubeJob(id))?.status?.conditions?.some(({ type }) => type === 'Complete') ?? false;
  const hasEnded = (id: string) =>
    closely(`the end of the container of ${id}`, async () => {
      const [pod] = await runs.pods(id);
      return pod?.status?.containerStatuses?.some(({ state }) => state?.terminated);
    });
  /** Its success is recorded, and its Job has ended, or never runs again; or the run did not count, and the job waits. */
  const settled = (id: string) =>
    eventually(
      `what becomes of ${id}`,
      async () => {
        const { status, attempts, finished } = await statusOf(id);
        if (status === 'successful' && ((await isComplete(id)) || (await runs.kubeJob(id))?.spec?.parallelism === 0))
          return { status, finished };
        return status === 'accepted' && attempts?.length === 1 && (await runs.pods(id)).length === 0 && { status };
      },
      120_000,
    );

  it(`never run again, or wait and have the outcome of their next run (seed ${seed})`, async () => {
    const until = Math.ceil((Date.now() + BEGINNING) / 1000);
    const ids = await Promise.all(Array.from({ length: JOBS }, () => bed.submit('until', { until })));
    for (const id of ids)
      await eventually(`the first line of ${id}`, async () => (await bed.log(id)).includes('working'), 120_000);
    // Some by the clock, and some when their containers are seen to have ended.
    const suspend = async (id: string, index: number) => {
      await setTimeout(Math.max(0, until * 1000 - Date.now()) + random() * 1_000 - 500);
      if (index % 2 === 0) await hasEnded(id);
      await setTimeout(random() * 200);
      await runs.setSuspended(id, true);
    };
    await Promise.all(ids.map(suspend));
    const before = await Promise.all(ids.map(settled));
    const told = ids.filter((_, index) => before[index]?.status === 'successful');
    const results = new Map(
      await Promise.all(told.map(async (id) => [id, [await bed.result(id), await bed.log(id)]] as const)),
    );
    await Promise.all(ids.map((id) => runs.setSuspended(id, false)));
    for (const id of ids)
      await eventually(`the end of ${id}`, async () => (await statusOf(id)).finished !== undefined, 200_000);
    await bed.cluster.allReleased();

    const stored = await bed.store.logs();
    let notCounted = 0;
    for (const [index, id] of ids.entries()) {
      const about = `${id} (seed ${seed})`;
      const { status, finished, attempts = [] } = await statusOf(id);
      expect([about, status]).toEqual([about, 'successful']);
      const [result, log] = [await bed.result(id), await bed.log(id)];
      expect([about, result.trim(), log.includes(result.trim())]).toEqual([
        about,
        expect.stringMatching(/^result \S+$/),
        true,
      ]);
      expect([about, podsOfLog(log).length]).toEqual([about, 1]);
      const known = results.get(id);
      if (known) {
        expect([about, result, log, finished]).toEqual([about, ...known, before[index]?.finished]);
        expect([about, attempts]).toEqual([about, []]);
        if (!(await isComplete(id))) notCounted += 1;
      } else expect([about, attempts.map(({ cause }) => cause.type)]).toEqual([about, ['suspended']]);
      for (const { attempt, pod } of attempts) {
        const text = await (await bed.get(`/jobs/${id}/logs?attempt=${attempt}`)).text();
        expect([about, podsOfLog(text)]).toEqual([about, [pod]]);
        expect([about, podsOfLog(log)]).not.toContainEqual([about, pod]);
      }
      expect([about, await runs.started(id)]).toEqual([about, attempts.length + 1]);
      expect([about, stored.filter((key) => key.includes(id)).length]).toEqual([about, attempts.length + 1]);
    }
    process.stdout.write(
      `${JOBS} jobs, seed ${seed}: ${told.length} successful before they were resumed, ` +
        `${notCounted} of them not counted by Kubernetes\n`,
    );
  }, 600_000);
});
