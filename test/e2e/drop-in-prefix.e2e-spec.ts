import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals';
import { Child } from '../support/child.js';
import { Predecessor } from '../support/predecessor.js';
import { CONFIGURATION, TestBed, type StatusInfo } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** The one prefix begins with the other: the worst case. */
const prefixes = { first: 'pygeoapi-job-', second: 'pygeoapi-job-x-' } as const;
const VARIABLE = 'PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX';

let first: TestBed;
let second: TestBed;
let cluster: Predecessor;
beforeAll(async () => {
  first = await TestBed.startProcess();
  second = await TestBed.startProcess({ [VARIABLE]: prefixes.second }, { cluster: first.cluster });
  cluster = new Predecessor(first.cluster);
});
afterAll(async () => {
  await second?.server?.end();
  await second?.store.remove();
  await first.stop();
});

const idsOf = async (bed: TestBed) =>
  ((await (await bed.get('/jobs?limit=1000')).json()) as { jobs: StatusInfo[] }).jobs.map(({ jobID }) => jobID);

describe('two servers with different prefixes in one namespace', () => {
  it('name their Jobs with them, and each serves and collects its own only', async () => {
    const jobs = [
      { bed: first, other: second, prefix: prefixes.first, id: await first.submit('hello', { name: 'first' }) },
      { bed: second, other: first, prefix: prefixes.second, id: await second.submit('hello', { name: 'second' }) },
    ];
    for (const { bed, other, prefix, id } of jobs) {
      expect((await bed.ended(id)).status).toBe('successful');
      await eventually(`the log of ${id}`, async () => (await bed.store.logs()).some((key) => key.includes(id)));
      await eventually(`the pod of ${id} being released`, async () => !(await cluster.isHeld(prefix + id)));
      expect(await bed.store.logs()).toEqual([expect.stringContaining(`_${prefix}${id}-logs.txt`)]);
      expect(await idsOf(bed)).toEqual([id]);
      for (const foreign of [id, `x-${id}`]) {
        for (const path of ['', '/results', '/logs']) {
          expect((await other.get(`/jobs/${foreign}${path}`)).status).toBe(404);
        }
        expect((await other.delete(`/jobs/${foreign}`)).status).toBe(404);
      }
    }
  });

  it('leave the other’s pods held while the other is down', async () => {
    const id = await second.submit('short');
    await second.server?.end();
    await cluster.podEnded(prefixes.second + id);
    const own = await first.submit('hello', { name: 'meanwhile' });
    await first.ended(own);
    await eventually('the own pod being released', async () => !(await cluster.isHeld(prefixes.first + own)));
    expect(await cluster.isHeld(prefixes.second + id)).toBe(true);
    expect(await idsOf(first)).not.toContain(id);
    await second.startServer();
    expect((await second.ended(id)).status).toBe('successful');
    expect(await (await second.get(`/jobs/${id}/results`)).text()).toBe(`result of ${id}`);
  });

  it('see no Job of the prefix that they had before, until they have it again', async () => {
    const [id = ''] = await idsOf(second);
    const third = await TestBed.startProcess({ [VARIABLE]: 'another-' }, { cluster: first.cluster });
    try {
      expect(await idsOf(third)).toEqual([]);
      expect((await third.get(`/jobs/${id}`)).status).toBe(404);
    } finally {
      await third.server?.end();
      await third.store.remove();
    }
    expect((await second.status(id)).status).toBe('successful');
  });
});

describe('a prefix that makes no names of Jobs', () => {
  test.each([['Upper-'], ['jobs-of-a-28-character-name-']])(
    '%j stops the start with a sentence that names the variable',
    async (prefix) => {
      await expect(startWith(prefix)).rejects.toThrow(
        new RegExp(
          `ended with 1 before it was ready:\\nenvironment: ${VARIABLE}: must be at most 27 lower case letters`,
        ),
      );
    },
  );
});

async function startWith(prefix: string): Promise<void> {
  const { child } = await Child.start(
    'dist/main.js',
    ['--cluster', 'kubeconfig', '--port', '0'],
    { PYGEOAPI_CONFIG: CONFIGURATION, KUBECONFIG: first.cluster.kubeconfig, [VARIABLE]: prefix },
    /^listening on/m,
  );
  await child.end();
}
