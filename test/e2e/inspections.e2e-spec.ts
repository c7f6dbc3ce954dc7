import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestBed, type TestReplica } from '../support/test-bed.js';
import type { TestClient } from '../support/test-client.js';
import { eventually } from '../support/wait.js';

const CONFIG = 'test/fixtures/inspections/config.yaml';

type Members = Record<string, unknown>;

let bed: TestBed;
let replica: TestReplica;
beforeAll(async () => {
  bed = await TestBed.startProcess({ PYGEOAPI_CONFIG: CONFIG });
  replica = await bed.startReplica();
});
afterAll(() => bed.stop());

const json = async (client: TestClient, path: string) => (await (await client.get(path)).json()) as Members;
const ids = async (client: TestClient) =>
  ((await json(client, '/processes'))['processes'] as { id: string }[]).map(({ id }) => id);
const inspections = async () =>
  (await bed.cluster.kubeJobs()).filter(
    ({ metadata }) => metadata?.labels?.['app.kubernetes.io/component'] === 'inspection',
  );
const isKnown = (client: TestClient) =>
  eventually('the tools being known', async () => (await client.get('/processes/double')).status === 200, 90_000);

describe('what a processor has inspected', () => {
  it('makes its processes known to every replica, in lists, descriptions, pages and the API definition, and they can be executed', async () => {
    for (const client of [bed, replica]) {
      await isKnown(client);
      expect(await ids(client)).toEqual(['double', 'failing', 'other']);
      expect(await json(client, '/processes/double')).toMatchObject({
        inputs: { value: { schema: { type: 'integer' } } },
      });
      const page = await (await client.get('/processes/double?f=html')).text();
      expect(page).toMatch(/<input[^>]* name="input\.value"/);
      expect(Object.keys((await json(client, '/openapi'))['paths'] as Members)).toContain(
        '/processes/double/execution',
      );
      expect((await client.get('/processes/toolbox')).status).toBe(404);
    }
    expect(await (await bed.execute('double', { value: 4 })).text()).toContain('double 4');
    expect((await bed.execute('double', { value: 'x' })).status).toBe(400);
  });

  it('changes the tag of what it changes', async () => {
    await isKnown(bed);
    const get = (headers: Record<string, string> = {}) => fetch(`${bed.url}/processes`, { headers });
    const etag = (await get()).headers.get('etag') ?? '';
    expect((await get({ 'if-none-match': etag })).status).toBe(304);
  });

  it('is told to be missing, with the reason, where it failed; executing says so', async () => {
    const description = await eventually(
      'the failure',
      async () => {
        const text = String((await json(bed, '/processes/failing'))['description']);
        return text.includes('exit code 3') ? text : undefined;
      },
      90_000,
    );
    expect(description).toMatch(/^Not known: Container "main" ended with exit code 3/);
    const response = await bed.execute('failing', {});
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    await isKnown(bed);
    const { status, checks } = (await bed.readiness()) as unknown as {
      status: string;
      checks: Record<string, { detail?: string }>;
    };
    expect(status).toBe('degraded');
    const detail = checks['inspections']?.detail ?? '';
    expect(detail).toContain('failing: Container "main" ended with exit code 3');
    expect(detail).toContain('must be a JSON Schema');
    expect(detail).toContain('there is another process with the id "other"');
  });

  it('is no job of anybody, hardened, without a token, and run once for all replicas', async () => {
    await isKnown(bed);
    expect((await json(bed, '/jobs?processID=toolbox'))['numberMatched']).toBe(0);
    const all = await inspections();
    expect(all.map(({ metadata }) => metadata?.annotations?.['processes.pygeoapi.io/inspected']).toSorted()).toEqual([
      'failing',
      'toolbox',
    ]);
    for (const { spec, metadata } of all) {
      expect(JSON.stringify(await json(bed, '/jobs'))).not.toContain(metadata?.name ?? '');
      expect(spec).toMatchObject({ activeDeadlineSeconds: 120, backoffLimit: 0 });
      expect(spec?.template.spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
        containers: [{ securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
      });
    }
  });

  it('is there after a restart, without being run again', async () => {
    await isKnown(bed);
    const names = async () => (await inspections()).map(({ metadata }) => metadata?.uid).toSorted();
    const before = await names();
    const another = await bed.startReplica();
    await isKnown(another);
    expect(await names()).toEqual(before);
  });

  it('is run again where its Job was removed, and stays known meanwhile', async () => {
    await isKnown(bed);
    const [toolbox] = (await inspections()).filter(
      ({ metadata }) => metadata?.annotations?.['processes.pygeoapi.io/inspected'] === 'toolbox',
    );
    const { namespace } = bed.cluster;
    await bed.cluster.batch.deleteNamespacedJob({
      namespace,
      name: toolbox?.metadata?.name ?? '',
      propagationPolicy: 'Background',
    });
    await eventually(
      'another Job',
      async () => {
        const found = (await inspections()).find(
          ({ metadata }) => metadata?.annotations?.['processes.pygeoapi.io/finding'] !== undefined,
        );
        expect((await bed.get('/processes/double')).status).toBe(200);
        return found !== undefined && found.metadata?.uid !== toolbox?.metadata?.uid;
      },
      90_000,
    );
  });
});
