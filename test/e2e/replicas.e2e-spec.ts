import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { accountOf, nothingLost } from '../support/account.js';
import { Balancer } from '../support/balancer.js';
import { ApiProxy } from '../support/api-proxy.js';
import { TestBed, type TestReplica } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const LEASE = 'pygeoapi-job-manager';
const JOBS = 12;

let bed: TestBed;
let started: TestReplica[] = [];
beforeAll(async () => {
  bed = await TestBed.start();
  // Each test starts its own replicas: the first one leads.
  await bed.server?.end();
}, 60_000);
afterAll(() => (bed as TestBed | undefined)?.stop(), 60_000);
afterEach(async () => {
  for (const { process } of started) process.process.kill('SIGCONT');
  await Promise.all(started.map(({ process }) => process.end()));
  started = [];
}, 60_000);

async function replica(environment: Readonly<Record<string, string>> = {}): Promise<TestReplica> {
  const server = await bed.startReplica(environment);
  started.push(server);
  return server;
}

/** A replica that leads, and one that does not. */
async function leaderAndOther(environment: Readonly<Record<string, string>> = {}) {
  const leader = await replica(environment);
  await eventually('the first replica leading', () => leader.leads());
  const other = await replica();
  expect(await other.leads()).toBe(false);
  return { leader, other };
}

const holder = async () =>
  (await bed.cluster.coordination.readNamespacedLease({ name: LEASE, namespace: bed.cluster.namespace })).spec
    ?.holderIdentity;
const submit = (client: TestReplica, count = JOBS) =>
  Promise.all(Array.from({ length: count }, () => client.submit('short')));
const result = (id: string) => `result of ${id}`;

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
  it('both serve and execute; a request that waits at one has its result when the other collects', async () => {
    const { leader, other } = await leaderAndOther();
    const response = await other.execute('inputs', { text: 'at the other' });
    expect([response.status, await response.json()]).toEqual([200, { text: 'at the other' }]);
    const id = await other.submit('short');
    expect((await leader.status(id)).jobID).toBe(id);
    expect((await leader.ended(id)).status).toBe('successful');
    for (const client of [leader, other]) {
      expect(await client.result(id)).toBe(result(id));
      expect(await eventually('the stored log', async () => client.log(id))).toContain(result(id));
      expect((await (await client.get('/jobs')).json()) as object).toMatchObject({ numberMatched: 2 });
    }
  }, 120_000);

  it('give results as soon as the other has said that they are there', async () => {
    const { leader, other } = await leaderAndOther();
    const ids = await submit(leader);
    for (const id of ids) {
      await leader.ended(id);
      expect(await other.result(id)).toBe(result(id));
    }
  }, 120_000);

  it('hand over when the leader is killed, and nothing is done twice', async () => {
    const { leader, other } = await leaderAndOther();
    const ids = await submit(other);
    await eventually('the first log', async () =>
      (await bed.store.logs()).some((key) => ids.some((id) => key.includes(id))),
    );
    await leader.process.end('SIGKILL');
    expect(await accountOf(bed, ids, result, other)).toEqual(nothingLost(JOBS));
    expect(await other.leads()).toBe(true);
  }, 240_000);

  it('hand over at once when the leader is asked to end', async () => {
    const { leader, other } = await leaderAndOther();
    const before = await holder();
    const ids = await submit(other);
    expect(await leader.process.end()).toBe(0);
    expect(await holder()).not.toBe(before);
    expect(await accountOf(bed, ids, result, other)).toEqual(nothingLost(JOBS));
  }, 240_000);

  it('hand over when the leader is paused, and the one that wakes does no harm', async () => {
    const { leader, other } = await leaderAndOther();
    const ids = await submit(other);
    await eventually('the first log', async () =>
      (await bed.store.logs()).some((key) => ids.some((id) => key.includes(id))),
    );
    leader.process.process.kill('SIGSTOP');
    expect(await accountOf(bed, ids, result, other)).toEqual(nothingLost(JOBS));
    leader.process.process.kill('SIGCONT');
    // It has caught up when it knows the end of a job that began while it was paused.
    const late = await other.submit('short');
    expect((await leader.ended(late)).status).toBe('successful');
    expect([await leader.leads(), await other.leads()]).toEqual([false, true]);
    expect(await accountOf(bed, [...ids, late], result, leader)).toEqual(nothingLost(JOBS + 1));
  }, 240_000);

  it('hand over when the leader is cut off from the API server, which stops before the other begins', async () => {
    const proxy = await ApiProxy.before(bed.cluster.kubeconfig, `${bed.cluster.folder}/through-proxy`);
    try {
      const { leader, other } = await leaderAndOther({ KUBECONFIG: proxy.kubeconfig });
      const watch = watchLeaders(leader, other);
      const ids = await submit(other);
      await eventually('the first log', async () =>
        (await bed.store.logs()).some((key) => ids.some((id) => key.includes(id))),
      );
      proxy.cut();
      expect(await accountOf(bed, ids, result, other)).toEqual(nothingLost(JOBS));
      expect(await other.leads()).toBe(true);
      proxy.heal();
      const late = await other.submit('short');
      expect((await leader.ended(late)).status).toBe('successful');
      expect(await watch.end()).toBe(0);
      expect(await accountOf(bed, [...ids, late], result, leader)).toEqual(nothingLost(JOBS + 1));
    } finally {
      proxy.close();
    }
  }, 240_000);
});

describe('replicas that are replaced one after the other under load', () => {
  it('fail no request, and lose no job', async () => {
    const environment = { SHUTDOWN_DELAY: '2' };
    const balancer = new Balancer();
    const failures: string[] = [];
    const texts = new Map<string, string>();
    let [over, requests] = [false, 0];
    const send = async (...parts: Parameters<Balancer['send']>) => {
      requests += 1;
      const answer = await balancer.send(...parts);
      if (answer.status >= 400) failures.push(`${parts[0]} ${parts[1]}: ${answer.status} ${answer.text}`);
      return answer;
    };
    const client = async (name: string, prefer: Record<string, string>) => {
      for (let count = 0; !over; count += 1) {
        try {
          const text = `${name} ${count}`;
          const executed = await send('POST', '/processes/inputs/execution', prefer, { inputs: { text } });
          const [id] = /[0-9a-f-]{36}/.exec(String(executed.headers['location'] ?? executed.headers['link'])) ?? [];
          if (id === undefined) continue;
          texts.set(id, text);
          await send('GET', `/jobs/${id}`);
          await send('GET', '/jobs?limit=5');
          await send('GET', '/processes/inputs');
        } catch (error) {
          failures.push(String(error));
        }
      }
    };
    try {
      let serving = [await replica(environment), await replica(environment)];
      await balancer.add(...serving);
      const clients = [
        ...['a', 'b'].map((name) => client(`sync ${name}`, {})),
        client('async', { prefer: 'respond-async' }),
      ];
      for (const old of serving) {
        const fresh = await replica(environment);
        await balancer.add(fresh);
        const served = requests;
        await eventually('requests with all replicas', () => requests > served + 10);
        expect(await old.process.end()).toBe(0);
        balancer.remove(old);
        serving = [...serving.filter((candidate) => candidate !== old), fresh];
      }
      const served = requests;
      await eventually('requests with the new replicas only', () => requests > served + 10);
      over = true;
      await Promise.all(clients);
      expect(failures).toEqual([]);
      const ids = [...texts.keys()];
      expect(ids.length).toBeGreaterThan(10);
      const expected = (id: string) => texts.get(id) ?? '';
      expect(await accountOf(bed, ids, expected, serving[0])).toEqual(nothingLost(ids.length));
    } finally {
      over = true;
      balancer.stop();
    }
  }, 240_000);
});
