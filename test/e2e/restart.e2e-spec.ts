import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.startProcess();
});
afterAll(() => (bed as TestBed | undefined)?.stop());

describe('a server killed while jobs run', () => {
  it('has all their results and logs, once, when it is started after they ended', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => bed.submit('short')));
    await bed.server?.end('SIGKILL');
    await eventually(
      'all pods having ended',
      async () => {
        const ended = (await bed.cluster.pods()).filter(({ status }) => status?.phase === 'Succeeded');
        return ended.length === ids.length;
      },
      180_000,
    );
    expect(await bed.store.logs()).toEqual([]);
    await bed.startServer();
    for (const id of ids) {
      expect((await bed.ended(id)).status).toBe('successful');
      expect(await (await bed.get(`/jobs/${id}/results`)).text()).toBe(`result of ${id}`);
    }
    await eventually('all logs being stored', async () => (await bed.store.logs()).length >= ids.length);
    const names = await bed.store.logs();
    expect(names.filter((name) => name.includes('duplicate'))).toEqual([]);
    expect(ids.filter((id) => names.filter((name) => name.includes(id)).length !== 1)).toEqual([]);
    for (const id of ids) expect(await bed.log(id)).toContain(`result of ${id}`);
    await eventually('all pods being released', async () =>
      (await bed.cluster.pods()).every(
        ({ metadata }) => !metadata?.finalizers?.includes('pygeoapi.io/finalizer-log-retrieval'),
      ),
    );
  });

  it('ends with code 0 when it is asked to, and tells who waits where the job goes on', async () => {
    const waiting = bed.execute('short');
    await eventually(
      'the job',
      async () =>
        ((await (await bed.get('/jobs?status=running,accepted')).json()) as { numberMatched: number }).numberMatched >
        0,
    );
    expect(await bed.server?.end('SIGTERM')).toBe(0);
    const response = await waiting;
    expect([response.status, response.headers.get('location')]).toEqual([201, expect.stringContaining('/jobs/')]);
    await bed.startServer();
    expect((await bed.get('/')).status).toBe(200);
  });
});
