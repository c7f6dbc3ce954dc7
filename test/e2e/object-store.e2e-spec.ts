import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { logLines } from '../support/log-lines.js';
import { TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const FINALIZER = 'pygeoapi.io/finalizer-log-retrieval';

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.startProcess();
});
afterAll(() => (bed as TestBed | undefined)?.stop());

interface Readiness {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly status: string; readonly detail?: string }>>;
}
const readiness = async () => {
  const response = await bed.get('/health/ready', TOKEN);
  return { code: response.status, body: (await response.json()) as Readiness };
};
const held = async () =>
  (await bed.cluster.pods()).filter(({ metadata }) => metadata?.finalizers?.includes(FINALIZER)).length;

describe('a server without the variables of its bucket', () => {
  it('is ready when it has them', async () => {
    expect(await readiness()).toMatchObject({
      code: 200,
      body: { status: 'ok', checks: { informers: { status: 'ok' }, securityContext: { status: 'ok' } } },
    });
    expect((await bed.get('/health/live')).status).toBe(200);
  });

  it('serves small results, holds the pods, says once what is missing, and catches up when it has them again', async () => {
    await bed.server?.end();
    await bed.startServer({ withoutStore: true });
    const small: string[] = [];
    for (let index = 0; index < 5; index += 1) small.push(await bed.submit('unicode'));
    const large = await bed.submit('five-mebibytes');
    for (const id of small) {
      expect((await bed.ended(id)).status).toBe('successful');
      expect(await (await bed.get(`/jobs/${id}/results`)).text()).toContain('世界');
    }
    await eventually('the end of the large job’s pod', async () =>
      (await bed.cluster.pods()).every(({ status }) => status?.phase === 'Succeeded'),
    );
    const { code, body } = await readiness();
    expect([code, body.status, body.checks['objectStore']?.status]).toEqual([200, 'degraded', 'degraded']);
    expect(body.checks['objectStore']?.detail).toContain('PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_NAME');
    expect((await bed.status(large)).status).toBe('running');
    expect(await held()).toBe(6);
    const errors = logLines(bed.server?.output).filter(
      ({ level, msg }) => level === 'error' && msg.includes('BUCKET_NAME'),
    );
    expect(errors).toHaveLength(1);
    // Whoever deletes one wants it gone, and it goes.
    const gone = await bed.submit('unicode');
    expect((await bed.ended(gone)).status).toBe('successful');
    await eventually('the pod being held', async () => (await held()) === 7);
    expect((await bed.delete(`/jobs/${gone}`)).status).toBe(200);
    await eventually('the dismissed pod being gone', async () => (await held()) === 6);

    await bed.server?.end();
    await bed.startServer();
    expect((await bed.ended(large)).status).toBe('successful');
    expect((await (await bed.get(`/jobs/${large}/results`)).text()).length).toBe(5_242_880);
    await eventually('all pods being released', async () => (await held()) === 0);
    expect(await bed.store.logs()).toHaveLength(6);
  });
});
