import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accountOf, nothingLost } from '../support/account.js';
import { Balancer } from '../support/balancer.js';
import { ApiProxy } from '../support/api-proxy.js';
import { TestCluster } from '../support/cluster.js';
import { SteadyLoad } from '../support/steady-load.js';
import { TestBed, type TestReplica } from '../support/test-bed.js';
import { closely, eventually } from '../support/wait.js';

const JOBS = 6;

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.around(await TestCluster.start());
});
afterAll(async () => {
  for (const replica of bed?.replicas ?? []) replica.process.process.kill('SIGCONT');
  await (bed as TestBed | undefined)?.stop();
});

/** A replica that leads, and one that does not. @param prefix of the jobs: replicas of several prefixes have nothing to do with each other */
async function leaderAndOther(prefix: string, environment: Readonly<Record<string, string>> = {}) {
  const ours = { PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX: `${prefix}-` };
  const leader = await bed.startReplica({ ...ours, ...environment });
  await eventually('the first replica leading', () => leader.leads());
  const other = await bed.startReplica(ours);
  expect(await other.leads()).toBe(false);
  return { leader, other };
}

const holder = async (prefix: string) =>
  (await bed.cluster.coordination.readNamespacedLease({ name: `${prefix}-manager`, namespace: bed.cluster.namespace }))
    .spec?.holderIdentity;
const submit = (client: TestReplica, count = JOBS) =>
  Promise.all(Array.from({ length: count }, () => client.submit('short')));
const result = (id: string) => `result of ${id}`;
const firstLog = (ids: readonly string[]) =>
  closely('the first log', async () => (await bed.store.logs()).some((key) => ids.some((id) => key.includes(id))));

/** Watches two replicas until it is ended; fails where one was seen to lead after the other had been. */
function watchLeaders(former: TestReplica, next: TestReplica): { end(): Promise<number> } {
  let [over, overlaps] = [false, 0];
  const watching = (async () => {
    while (!over) {
      // In this order: whoever leads now was asked before the one that must not lead any more.
      if ((await next.leads().catch(() => false)) && (await former.leads().catch(() => false))) overlaps += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return { end: async () => ((over = true), await watching, overlaps) };
}

describe('two replicas', () => {
  let leader: TestReplica;
  let other: TestReplica;
  beforeAll(async () => {
    ({ leader, other } = await leaderAndOther('both'));
  });
  afterAll(() => Promise.all([leader, other].map((replica) => replica?.process.end())));

  it('both serve and execute; a request that waits at one has its result when the other collects', async () => {
    const response = await other.execute('inputs', { text: 'at the other' });
    expect([response.status, await response.json()]).toEqual([200, { text: 'at the other' }]);
    const id = await other.submit('short');
    expect((await leader.status(id)).jobID).toBe(id);
    expect((await leader.ended(id)).status).toBe('successful');
    for (const client of [leader, other]) {
      expect(await client.result(id)).toBe(result(id));
      expect(await client.log(id)).toContain(result(id));
      await eventually('both jobs in the list', async () => {
        const { numberMatched } = (await (await client.get('/jobs')).json()) as { numberMatched: number };
        return numberMatched === 2;
      });
    }
  });

  it('give results as soon as the other has said that they are there', async () => {
    for (const id of await submit(leader)) {
      await leader.ended(id);
      expect(await other.result(id)).toBe(result(id));
    }
  });

  it('hand over at once when the leader is asked to end', async () => {
    const before = await holder('both');
    const ids = await submit(other);
    expect(await leader.process.end()).toBe(0);
    expect(await holder('both')).not.toBe(before);
    expect(await accountOf(bed, ids, result, other)).toEqual(nothingLost(JOBS));
  });
});

describe('a leader that does not give its Lease back', () => {
  let running: Record<'killed' | 'paused' | 'cutOff', Promise<void>>;
  // Side by side, for each waits for a Lease to be over.
  beforeAll(() => {
    running = { killed: killed(), paused: paused(), cutOff: cutOff() };
    for (const scenario of Object.values(running)) scenario.catch(() => undefined);
  });

  it('because it was killed hands over, and nothing is done twice', () => running.killed);
  it('because it is paused hands over, and does no harm when it wakes', () => running.paused);
  it('because it is cut off hands over, and stops before the other begins', () => running.cutOff);

  async function killed(): Promise<void> {
    const { leader, other } = await leaderAndOther('killed');
    const ids = await submit(other);
    await firstLog(ids);
    await leader.process.end('SIGKILL');
    expect(await accountOf(bed, ids, result, other)).toEqual(nothingLost(JOBS));
    await eventually('the other one leading', () => other.leads());
  }

  async function paused(): Promise<void> {
    const { leader, other } = await leaderAndOther('paused');
    const ids = await submit(other);
    await firstLog(ids);
    leader.process.process.kill('SIGSTOP');
    expect(await accountOf(bed, ids, result, other)).toEqual(nothingLost(JOBS));
    await eventually('the other one leading', () => other.leads());
    leader.process.process.kill('SIGCONT');
    // It has caught up when it knows the end of a job that began while it was paused.
    const late = await other.submit('short');
    expect((await leader.ended(late)).status).toBe('successful');
    expect([await leader.leads(), await other.leads()]).toEqual([false, true]);
    expect(await accountOf(bed, [...ids, late], result, leader)).toEqual(nothingLost(JOBS + 1));
  }

  async function cutOff(): Promise<void> {
    const proxy = await ApiProxy.before(bed.cluster.kubeconfig, `${bed.cluster.folder}/through-proxy`);
    try {
      const { leader, other } = await leaderAndOther('cut-off', { KUBECONFIG: proxy.kubeconfig });
      const watch = watchLeaders(leader, other);
      const ids = await submit(other);
      await firstLog(ids);
      proxy.cut();
      expect(await accountOf(bed, ids, result, other)).toEqual(nothingLost(JOBS));
      await eventually('the other one leading', () => other.leads());
      proxy.heal();
      const late = await other.submit('short');
      expect((await leader.ended(late)).status).toBe('successful');
      expect(await watch.end()).toBe(0);
      expect(await accountOf(bed, [...ids, late], result, leader)).toEqual(nothingLost(JOBS + 1));
    } finally {
      proxy.close();
    }
  }
});

describe('replicas that are replaced one after the other under load', () => {
  it('fail no request, and lose no job', async () => {
    const environment = { SHUTDOWN_DELAY: '2', PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX: 'rolling-' };
    const balancer = new Balancer();
    const load = new SteadyLoad();
    try {
      let serving = [await bed.startReplica(environment), await bed.startReplica(environment)];
      await balancer.add(...serving);
      for (const name of ['sync a', 'sync b']) load.addClient(name, balancer.send);
      load.addClient('async', balancer.send, { prefer: 'respond-async' });
      for (const old of serving) {
        const fresh = await bed.startReplica(environment);
        await balancer.add(fresh);
        await load.goesOn('with all replicas', 30);
        expect(await old.process.end()).toBe(0);
        balancer.remove(old);
        serving = [...serving.filter((candidate) => candidate !== old), fresh];
      }
      await load.goesOn('with the new replicas only', 30);
      await load.stop();
      expect(load.failures).toEqual([]);
      const ids = [...load.texts.keys()];
      expect(ids.length).toBeGreaterThan(5);
      const expected = (id: string) => load.texts.get(id) ?? '';
      expect(await accountOf(bed, ids, expected, serving[0])).toEqual(nothingLost(ids.length));
    } finally {
      await load.stop();
      balancer.stop();
    }
  });
});
