import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { parse } from 'node-html-parser';
import { ownerOf } from '../../src/access/rules/owner.js';
import { DatabaseArchive } from '../../src/archive/database/database.archive.js';
import { PostgresLanes } from '../../src/archive/database/postgres.lanes.js';
import { Reach } from '../../src/archive/database/reach.js';
import { anArchivedJob, archivedId } from '../../src/archive/testing/archived-jobs.js';
import { thereIs } from '../../src/archive/testing/open-archive.js';
import { POSTGRES, TestPostgres } from '../../src/archive/testing/postgres.js';
import { annotation, ownAnnotation } from '../../src/k8s/names.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const withPostgres = POSTGRES === undefined ? describe.skip : describe;
const HEX = '0123456789abcdef'.repeat(4);
const ANN = { issuer: 'tokens', subject: 'ann-smith' };
const usage = { seconds: 1800, cpuSeconds: 180, memoryByteSeconds: 3600 * 2 ** 30 };

interface Report {
  readonly by: string;
  readonly rows: readonly { readonly key: string; readonly name?: string; readonly jobs: number }[];
  readonly total: Readonly<Record<string, number>>;
  readonly links: readonly { readonly rel: string; readonly href: string; readonly type?: string }[];
}

/** A record with all that its provenance tells. */
function told() {
  const { object, ...job } = anArchivedJob(1, { usage, owner: ownerOf(ANN), ownerName: 'Ann', processId: 'seen' });
  const outcome = {
    status: 'successful',
    started: job.started?.toISOString(),
    finished: job.finished.toISOString(),
    ran: { node: 'node-1', images: [{ container: 'main', image: 'busybox', digest: `sha256:${HEX}` }] },
  };
  const annotations = {
    ...object.metadata.annotations,
    [annotation.parameters]: '{"text":"a"}',
    [annotation.resultMimetype]: 'text/plain',
    [annotation.resultValue]: '12',
    [ownAnnotation.outcome]: JSON.stringify(outcome),
  };
  return { ...job, object: { ...object, metadata: { ...object.metadata, annotations } } };
}

withPostgres('the usage of archived jobs', () => {
  let database: TestPostgres;
  let open: TestBed;
  let ruled: TestBed;

  beforeAll(async () => {
    database = await TestPostgres.create();
    const url = await database.database('archive');
    const reach = new Reach(new PostgresLanes({ url }), 'test');
    await reach.start();
    await thereIs(reach);
    const archive = new DatabaseArchive(reach);
    const formula = { owner: 'formula', ownerName: '=HYPERLINK("https://example.org")', processId: 'arcanum' };
    for (const job of [
      told(),
      anArchivedJob(2, { usage, ...formula }),
      anArchivedJob(3, { usage, processId: 'seen', finished: new Date('2026-03-01T00:00:00Z') }),
      anArchivedJob(4, { usage, processId: 'seen', created: new Date('2025-01-01T00:00:00Z') }),
    ])
      await archive.put(job);
    await archive.remove(archivedId(3), new Date());
    await reach.close();
    const withArchive = (text: string) => `${text}\narchive: { url: "${url}", instance: test }\n`;
    open = await TestBed.startProcess({}, { configuration: withArchive });
    ruled = await TestBed.startProcess(
      { PYGEOAPI_CONFIG: 'test/fixtures/access/roles.yaml' },
      { configuration: withArchive },
    );
    for (const bed of [open, ruled])
      await eventually('the archive', async () => (await bed.get('/usage', 'of-root')).status === 200);
  });
  afterAll(async () => {
    await Promise.all([open, ruled].map((bed) => (bed as TestBed | undefined)?.stop()));
    await (database as TestPostgres | undefined)?.remove();
  });

  const report = async (bed: TestBed, query: string, token?: string) =>
    (await (await bed.get(`/usage${query}`, token)).json()) as Report;
  const keys = async (bed: TestBed, query: string, token?: string) =>
    (await report(bed, query, token)).rows.map(({ key, jobs }) => `${key} ${jobs}`);

  it('is told by month, process and time, removed jobs as well', async () => {
    expect(await report(open, '')).toMatchObject({
      by: 'month',
      rows: [
        { key: '2026-03', jobs: 1, hours: 0.5, processorHours: 0.05, memoryGiBHours: 1 },
        { key: '2026-01', jobs: 3 },
      ],
      total: { jobs: 4, hours: 2 },
    });
    expect(await keys(open, '?by=process')).toEqual(['seen 3', 'arcanum 1']);
    expect(await keys(open, '?by=process&datetime=../2025-12-31')).toEqual(['seen 1']);
    expect(await keys(ruled, '?by=owner&datetime=2026-01-01/..', 'of-root')).toEqual(
      expect.arrayContaining([`${ownerOf(ANN)} 1`, 'formula 1', ' 1']),
    );
  });

  it('is of what each caller sees, and of others’ only for who sees all', async () => {
    expect(await keys(ruled, '?by=process', 'of-root')).toEqual(['seen 3', 'arcanum 1']);
    expect(await keys(ruled, '?by=process', 'of-ann')).toEqual(['seen 1']);
    expect(await keys(ruled, '?by=owner', 'of-ann')).toEqual([`${ownerOf(ANN)} 1`]);
    for (const token of ['of-bob', 'of-reader', 'of-nobody']) expect(await keys(ruled, '', token)).toEqual([]);
    const statuses = [undefined, 'wrong'].map(async (token) => (await ruled.get('/usage', token)).status);
    expect(await Promise.all(statuses)).toEqual([401, 401]);
    const { headers } = await ruled.get('/usage', 'of-ann');
    expect([headers.get('cache-control'), headers.get('vary')]).toEqual([
      expect.stringContaining('private'),
      expect.stringContaining('Authorization'),
    ]);
  });

  it('is CSV that no spreadsheet reckons with', async () => {
    const response = await fetch(`${ruled.url}/usage?by=owner`, {
      headers: { accept: 'text/csv', authorization: 'Bearer of-root' },
    });
    expect([response.headers.get('content-type'), response.headers.get('content-disposition')]).toEqual([
      'text/csv; charset=utf-8; header=present',
      'attachment; filename="usage-by-owner.csv"',
    ]);
    const lines = (await response.text()).split('\r\n');
    expect(lines[0]).toBe('owner,name,jobs,hours,processorHours,memoryGiBHours,usedProcessorHours,usedMemoryGiBHours');
    expect(lines).toContain(`formula,"'=HYPERLINK(""https://example.org"")",1,0.5,0.05,1,,`);
    expect(await (await open.get('/usage?f=csv')).text()).toContain('2026-03,1,0.5,0.05,1,,\r\n');
  });

  it('is a page that leads on, from the landing page as well, in both languages', async () => {
    const page = async (path: string) =>
      parse(await (await fetch(open.url + path, { headers: { accept: 'text/html' } })).text());
    const by = await page('/usage?by=process&lang=de');
    expect(by.querySelector('h1')?.text).toBe('Was Jobs gebraucht haben');
    expect(by.querySelectorAll('tbody tr').map((row) => row.querySelector('th')?.text.trim())).toEqual([
      'seen',
      'arcanum',
      'Zusammen',
    ]);
    expect(by.querySelectorAll('nav a').map((link) => link.getAttribute('href'))).toEqual(
      expect.arrayContaining([expect.stringMatching(/by=month/), expect.stringMatching(/datetime=P7D/)]),
    );
    expect(by.querySelector('a[href*="f=csv"]')).not.toBeNull();
    expect((await page('/')).querySelector('a[href$="/usage"]')?.text).toBe('What jobs took');
  });

  it('refuses what it does not know', async () => {
    const response = await open.get('/usage?by=owner&tag=a');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ pointer: 'tag' }, { pointer: 'by' }] });
    expect((await open.get('/usage?f=xml')).status).toBe(400);
    const { status } = await fetch(`${open.url}/usage`, { headers: { accept: 'image/png' } });
    expect(status).toBe(406);
    const { paths } = (await (await open.get('/openapi')).json()) as { paths: object };
    expect(paths).toHaveProperty(['/usage']);
  });

  it('stands beside the provenance of jobs that have left the cluster', async () => {
    const provOf = async (token: string) =>
      (await (await ruled.get(`/jobs/${archivedId(1)}/prov`, token)).json()) as Record<string, object>;
    const { agent, entity, activity } = await provOf('of-ann');
    expect(agent).toMatchObject({
      [`sha256:${HEX}`]: { 'prov:label': 'busybox' },
      [`owner:${ownerOf(ANN)}`]: { 'prov:label': 'Ann' },
    });
    expect(entity).toMatchObject({
      'input:text': { 'prov:value': 'a' },
      [`job:${archivedId(1)}/results`]: { 'schema:sha256': createHash('sha256').update('12').digest('hex') },
    });
    expect(activity).toMatchObject({ [`job:${archivedId(1)}`]: { 'prov:location': 'node-1' } });
    expect((await ruled.get(`/jobs/${archivedId(1)}/prov`, 'of-bob')).status).toBe(404);
  });

  it('is not there while the archive is away, which is said', async () => {
    await database.stop();
    const response = await open.get('/usage');
    expect([response.status, await response.json()]).toEqual([
      503,
      expect.objectContaining({ detail: 'The archive does not answer this request now.' }),
    ]);
    await database.start();
    await eventually('the archive', async () => (await open.get('/usage')).status === 200);
  });
});
