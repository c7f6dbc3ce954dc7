import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { makeRequest } from '../../examples/geojson-features/make-request.mjs';
import { ogcFaults, type OgcSchema } from '../support/ogc-schemas.js';
import { SHIPPED_CONFIGURATION, TestBed } from '../support/test-bed.js';

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.start();
});
afterAll(() => (bed as TestBed | undefined)?.stop());

async function expectToFit(schema: OgcSchema, response: Response): Promise<void> {
  expect(response.headers.get('content-type')).toMatch(/json/);
  const value: unknown = await response.json();
  expect({ faults: ogcFaults(schema, value), ...(value as object) }).toMatchObject({ faults: [] });
}

describe('the schemas of OGC API - Processes 1.0', () => {
  it.each<[OgcSchema, unknown]>([
    ['landingPage', {}],
    ['confClasses', { conformsTo: 'core' }],
    ['processList', { processes: [{ id: 'a' }], links: [] }],
    ['process', { id: 'a', version: '1', inputs: { a: { schema: { type: ['string', 'null'] } } } }],
    ['execute', { outputs: { a: { transmissionMode: 'mail' } } }],
    ['results', { a: { type: 'Feature' } }],
    ['statusInfo', { jobID: 'a', type: 'process', status: 'finished' }],
    ['jobList', { jobs: [] }],
    ['exception', { title: 'no type' }],
  ])('of %s refuses what does not fit', (schema, value) => {
    expect(ogcFaults(schema, value)).not.toEqual([]);
  });

  it.each<[string, OgcSchema]>([
    ['/', 'landingPage'],
    ['/conformance', 'confClasses'],
    ['/processes', 'processList'],
    ['/processes?limit=2', 'processList'],
    ['/jobs', 'jobList'],
    ['/processes/none', 'exception'],
    ['/jobs/none', 'exception'],
    ['/jobs/none/results', 'exception'],
    ['/jobs?status=none', 'exception'],
    ['/nothing', 'exception'],
  ])('fit %s: %s', async (path, schema) => {
    await expectToFit(schema, await bed.get(path));
  });

  it('fit every process description', async () => {
    const { processes } = (await (await bed.get('/processes?limit=1000')).json()) as { processes: { id: string }[] };
    expect(processes.length).toBeGreaterThan(10);
    for (const { id } of processes) await expectToFit('process', await bed.get(`/processes/${id}`));
  });

  it('fit the examples of the shipped configuration', async () => {
    const { resources } = parse(await readFile(SHIPPED_CONFIGURATION, 'utf8'), {
      merge: true,
      version: '1.1',
    }) as {
      resources: Record<string, { processor: { metadata: { example: unknown } } }>;
    };
    for (const { processor } of Object.values(resources))
      expect(ogcFaults('execute', processor.metadata.example)).toEqual([]);
  });

  it('fit documents of results, at once and later', async () => {
    const document = { body: { response: 'document' } };
    await expectToFit('results', await bed.execute('hello', { name: 'schema' }, document));
    await expectToFit('results', await bed.execute('two-outputs', {}, document));
    await expectToFit('results', await bed.execute('geojson-features', makeRequest().inputs, document));
    const accepted = await bed.execute('two-outputs', {}, { ...document, prefer: 'respond-async' });
    const { jobID } = (await accepted.clone().json()) as { jobID: string };
    await expectToFit('statusInfo', accepted);
    await bed.ended(jobID);
    await expectToFit('statusInfo', await bed.get(`/jobs/${jobID}`));
    await expectToFit('results', await bed.get(`/jobs/${jobID}/results`));
    await expectToFit('jobList', await bed.get('/jobs?limit=1'));
  });

  it('fit the status of failed and of dismissed jobs, and why there are no results', async () => {
    const failed = await bed.submit('hello-failing', { name: 'schema' });
    await bed.ended(failed);
    await expectToFit('statusInfo', await bed.get(`/jobs/${failed}`));
    await expectToFit('exception', await bed.get(`/jobs/${failed}/results`));
    const endless = await bed.submit('endless');
    await expectToFit('exception', await bed.get(`/jobs/${endless}/results`));
    await expectToFit('statusInfo', await bed.delete(`/jobs/${endless}`));
    await expectToFit('exception', await bed.execute('lines', { count: 'many' }));
  });
});
