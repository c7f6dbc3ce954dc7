import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { V1MicroTime } from '@kubernetes/client-node';
import { accountOf, nothingLost } from '../support/account.js';
import { bringBack, canDisturbCluster, compactEtcd, kill } from '../support/cluster-parts.js';
import { FAKE_RESOURCE, FakeNode } from '../support/fake-node.js';
import { residentMemory } from '../support/memory.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const result = (id: string) => `result of ${id}`;
const MINUTE = 60_000;

/** A process whose pods a fake node runs, which all end when the test says so. */
const ON_FAKE_NODE = `
  on-fake-node:
    type: process
    processor:
      <<: *image
      metadata: *both
      resources: { limits: { ${FAKE_RESOURCE}: 1 } }
      command: [sh, -c, 'never runs']
`;

let bed: TestBed;
beforeEach(async () => {
  bed = await TestBed.startProcess({}, { configuration: (text) => text + ON_FAKE_NODE });
}, MINUTE);
afterEach(async () => {
  await bringBack();
  const { currentTestName } = expect.getState();
  const memory = bed.server?.running ? await residentMemory(bed.server) : NaN;
  process.stdout.write(`${currentTestName}: resident memory at the end ${memory} MiB\n`);
  await (bed as TestBed | undefined)?.stop();
}, 4 * MINUTE);

const submit = (count: number, process = 'short') =>
  Promise.all(Array.from({ length: count }, () => bed.submit(process)));
async function submitRunning(count: number, process?: string): Promise<string[]> {
  const ids = await submit(count, process);
  for (const id of ids) await bed.until(id, 'running');
  return ids;
}
const podEnded = (count: number) =>
  eventually(
    `${count} pods having ended`,
    async () =>
      (await bed.cluster.pods()).filter(({ status }) => ['Succeeded', 'Failed'].includes(status?.phase ?? '')).length >=
      count,
    4 * MINUTE,
  );
/** @param begin of `performance.now()` @returns whole seconds from then until all pods are released */
async function secondsToRelease(begin: number): Promise<number> {
  await bed.cluster.allReleased(5 * MINUTE);
  return Math.round((performance.now() - begin) / 1_000);
}
/** Starts the server anew, and takes the Lease, so that it does not collect. @returns a function that gives the Lease back */
async function stopCollecting(): Promise<() => Promise<unknown>> {
  const { coordination, namespace } = bed.cluster;
  const lease = await eventually(
    'the Lease',
    async () => (await coordination.listNamespacedLease({ namespace })).items[0],
  );
  const name = lease.metadata?.name ?? '';
  const spec = { ...lease.spec, holderIdentity: 'the test', leaseDurationSeconds: 3_600, renewTime: new V1MicroTime() };
  await coordination.replaceNamespacedLease({ name, namespace, body: { ...lease, spec } });
  await bed.replaceServer();
  return () => coordination.deleteNamespacedLease({ name, namespace });
}

(canDisturbCluster ? describe : describe.skip)('nothing is lost', () => {
  it.each<[string, () => Promise<void>]>([
    [
      'when the API server is killed while jobs run, and comes back',
      async () => {
        const refused = await bed.execute('short', {}, { prefer: 'respond-async' });
        expect(refused.status).toBe(503);
        expect((await bed.get('/jobs')).status).toBe(200);
      },
    ],
    ['when etcd is compacted, so that every watch has expired', compactEtcd],
  ])(
    '%s',
    async (_name, meanwhile) => {
      const ids = await submit(10);
      await kill('kube-apiserver');
      await meanwhile();
      await bringBack();
      ids.push(...(await submit(5)));
      expect(await accountOf(bed, ids, result)).toEqual(nothingLost(15));
      expect(await (await bed.get('/jobs')).json()).toMatchObject({ numberMatched: 15 });
    },
    5 * MINUTE,
  );

  it(
    'when the object store is killed for a minute',
    async () => {
      await kill('versitygw');
      const ids = await submit(10);
      for (const id of ids) expect(await bed.ended(id)).toMatchObject({ status: 'successful' });
      await new Promise((resolve) => setTimeout(resolve, MINUTE));
      expect(await bed.cluster.heldPods()).toHaveLength(10);
      expect((await bed.readiness()).checks).toMatchObject({
        objectStore: { status: 'degraded' },
        finalizer: { status: 'degraded' },
      });
      await bringBack();
      expect(await accountOf(bed, ids, result)).toEqual(nothingLost(10));
    },
    6 * MINUTE,
  );

  it(
    'when the kubelet is killed while jobs run, and comes back after they have ended',
    async () => {
      const ids = await submitRunning(10);
      await kill('kubelet');
      const [dismissed = ''] = ids;
      expect((await bed.delete(`/jobs/${dismissed}`)).status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, MINUTE / 4));
      await bringBack();
      expect(await accountOf(bed, ids.slice(1), result)).toEqual(nothingLost(9));
      expect((await bed.store.logs()).filter((key) => key.includes(dismissed))).toHaveLength(1);
    },
    5 * MINUTE,
  );

  it(
    'when the kubelet is killed again and again while logs are read',
    async () => {
      const ids: string[] = [];
      for (let round = 0; round < 5; round += 1) {
        const made = await submit(6);
        ids.push(...made);
        await bed.until(made.at(-1) ?? '', 'running');
        await kill('kubelet');
        // From before the jobs end until after it.
        await new Promise((resolve) => setTimeout(resolve, 1_000 * (round + 1)));
        await bringBack();
      }
      expect(await accountOf(bed, ids, result)).toEqual(nothingLost(30));
    },
    8 * MINUTE,
  );

  it(
    'when the container runtime is killed before the logs of jobs that have ended are read',
    async () => {
      const giveLeaseBack = await stopCollecting();
      const ids = await submit(6);
      await podEnded(6);
      await kill('containerd');
      await giveLeaseBack();
      await eventually('a log that cannot be read', () => bed.server?.output.includes('is read again in'), MINUTE);
      await bringBack();
      expect(await accountOf(bed, ids, result)).toEqual(nothingLost(6));
    },
    8 * MINUTE,
  );

  it(
    'but the logs of a node that does not come back, which is said',
    async () => {
      const ids = await submitRunning(3, 'endless');
      await kill('kubelet');
      await bed.cluster.core.deleteNode({ name: 'dev-node' });
      for (const id of ids) {
        const status = await eventually(
          `the end of ${id}`,
          async () => {
            const found = await bed.status(id);
            return found.status === 'failed' && found;
          },
          4 * MINUTE,
        );
        expect(status.cause?.message).toMatch(/node/i);
      }
      await bed.cluster.allReleased(2 * MINUTE);
      for (const id of ids) {
        expect((await bed.store.logs()).filter((key) => key.includes(id))).toHaveLength(1);
        expect(await bed.log(id)).toContain('[no log: ');
      }
    },
    8 * MINUTE,
  );

  it(
    'when the server is killed again and again at random moments during 200 jobs',
    async () => {
      const ids: string[] = [];
      let over = false;
      const killing = (async () => {
        while (!over) {
          await new Promise((resolve) => setTimeout(resolve, 2_000 + Math.random() * 20_000));
          await bed.replaceServer();
        }
      })();
      while (ids.length < 200) {
        // What was under way when the server was killed is not known to have been made.
        await bed.submit('short').then(
          (id) => ids.push(id),
          () => new Promise((resolve) => setTimeout(resolve, 200)),
        );
      }
      await podEnded(200);
      over = true;
      await killing;
      expect(await accountOf(bed, ids, result)).toEqual(nothingLost(200));
    },
    10 * MINUTE,
  );

  it.each([
    ['1,000 jobs end in the same second', false],
    ['1,000 jobs end in the same second, while no server is there', true],
  ])(
    'when %s',
    async (_name, isAway) => {
      const { core, namespace } = bed.cluster;
      const log = 'working\nPYGEOAPI_K8S_MANAGER_RESULT_START\ndone\n';
      const node = await FakeNode.join(core, `fake-${namespace}`, log);
      try {
        const ids: string[] = [];
        while (ids.length < 1_000) ids.push(...(await submit(20, 'on-fake-node')));
        const scheduled = async () => (await bed.cluster.pods()).filter(({ spec }) => spec?.nodeName === node.name);
        await eventually('1,000 pods on the node', async () => (await scheduled()).length === 1_000, 5 * MINUTE);
        const names = (await scheduled()).map(({ metadata }) => metadata?.name ?? '');
        if (isAway) await bed.server?.end('SIGKILL');
        const begin = performance.now();
        const toldIn = await node.endAll(namespace, names);
        if (isAway) await bed.startServer();
        const seconds = await secondsToRelease(begin);
        process.stdout.write(`1,000 ends, told in ${Math.round(toldIn / 1_000)} s, collected after ${seconds} s\n`);
        expect(await accountOf(bed, ids, () => 'done')).toEqual(nothingLost(1_000));
      } finally {
        await node.leave();
      }
    },
    15 * MINUTE,
  );

  it(
    'when 1,000 ended jobs wait for a server that starts',
    async () => {
      const giveLeaseBack = await stopCollecting();
      const ids: string[] = [];
      while (ids.length < 1_000) {
        ids.push(...(await submit(10, 'instant')));
        // A node that starts hundreds of pods at a time starts none of them in time.
        await podEnded(ids.length - 30);
      }
      await podEnded(1_000);
      await bed.server?.end('SIGKILL');
      expect(await bed.cluster.heldPods()).toHaveLength(1_000);
      await giveLeaseBack();
      const begin = performance.now();
      await bed.startServer();
      const seconds = await secondsToRelease(begin);
      const memory = bed.server ? await residentMemory(bed.server) : NaN;
      process.stdout.write(
        `1,000 jobs collected in ${seconds} s, the wait for the Lease included; resident ${memory} MiB\n`,
      );
      expect(await accountOf(bed, ids, () => 'done')).toEqual(nothingLost(1_000));
    },
    30 * MINUTE,
  );
});
