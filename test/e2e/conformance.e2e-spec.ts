import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'node-html-parser';
import { classes } from '../conformance/document.mjs';
import { bbox, gml, PNG, polygon } from '../fixtures/echo-inputs.js';
import { hrefs } from '../support/http.js';
import { partsOf } from '../support/multipart.js';
import { ogcFaults, type OgcSchema } from '../support/ogc-schemas.js';
import { SHIPPED_CONFIGURATION, TestBed, TOKEN, type StatusInfo } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

// The name of each test begins with the id of the requirement that it holds; docs/conformance.md is made of them.

const SPEC = 'http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/';
const EXCEPTIONS = 'http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/';
const REL = 'http://www.opengis.net/def/rel/ogc/1.0/';
const complex = { property1: 'text', property5: true };
const inputs = { stringInput: 'Value2', doubleInput: 2.5, imageInput: PNG };
const two = { outputs: { stringOutput: {}, imageOutput: {} } };
const reference = { transmissionMode: 'reference' };
const byReference = { outputs: { stringOutput: reference, imageOutput: reference } };
const mixed = { outputs: { stringOutput: { transmissionMode: 'value' }, imageOutput: reference } };

type Body = Readonly<Record<string, unknown>>;
interface Link {
  readonly rel: string;
  readonly href: string;
  readonly type?: string;
}
interface Description {
  readonly inputs: Record<string, { title?: string; schema: Body; minOccurs?: number; maxOccurs?: number | string }>;
  readonly outputs: Record<string, { title?: string; schema: Body }>;
  readonly jobControlOptions: string[];
  readonly outputTransmission: string[];
  readonly links: Link[];
}
interface JobList {
  readonly jobs: StatusInfo[];
  readonly links: Link[];
  readonly numberMatched: number;
}
type Parameter = { name: string; in: string; required?: boolean; schema: Body; style?: string; explode?: boolean };
interface Operation {
  readonly parameters?: Parameter[];
  readonly responses: Record<string, { content?: Record<string, unknown> }>;
  readonly security?: unknown[];
}
interface OpenApi {
  readonly openapi: string;
  readonly info: Body;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { securitySchemes: Body };
}

let bed: TestBed;
/** Ended: by raw one, raw several, document, references, values and references; and one that failed. */
let jobs: Readonly<Record<'one' | 'several' | 'document' | 'references' | 'mixed' | 'failed', string>>;
beforeAll(async () => {
  bed = await TestBed.start({ PYGEOAPI_CONFIG: SHIPPED_CONFIGURATION });
  const [one, several, document, references, both, failed] = await Promise.all([
    bed.submit('echo', inputs, { body: { outputs: { imageOutput: {} } } }),
    bed.submit('echo', inputs, { body: two }),
    bed.submit('echo', inputs, { body: { ...two, response: 'document' } }),
    bed.submit('echo', inputs, { body: byReference }),
    bed.submit('echo', inputs, { body: mixed }),
    bed.submit('hello-world-k8s-sleep-failing', { name: 'x' }),
  ]);
  jobs = { one, several, document, references, mixed: both, failed };
  await Promise.all(Object.values(jobs).map((jobId) => bed.until(jobId, 'successful', 'failed')));
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const json = async <T = Body>(path: string): Promise<T> => (await (await bed.get(path)).json()) as T;
const fit = (schema: OgcSchema, value: unknown) => expect(ogcFaults(schema, value)).toEqual([]);
const echo = (given: Body, body: Body = {}, prefer?: string) =>
  bed.execute('echo', given, { body, ...(prefer ? { prefer } : {}) });
/** What the echo process gives back for an input. */
const echoed = async (given: Body, output: string): Promise<unknown> => {
  const response = await echo(given, { outputs: { [output]: {} }, response: 'document' });
  expect([given, response.status]).toEqual([given, 200]);
  const results = (await response.json()) as Body;
  fit('results', results);
  return results[output];
};
const definition = () => json<OpenApi>('/openapi');
const jobParameters = async () => (await definition()).paths['/jobs']?.['get']?.parameters ?? [];
const expectArray = async (name: string, items: Body) =>
  expect((await jobParameters()).find((parameter) => parameter.name === name)).toMatchObject({
    in: 'query',
    required: false,
    schema: { type: 'array', items },
  });
const idsOf = async (query: string) =>
  (await json<JobList>(`/jobs?limit=1000&${query}`)).jobs.map(({ jobID }) => jobID);

describe('core: capabilities', () => {
  it('/req/core/landingpage-op: GET / is answered', async () => {
    expect((await bed.get('/')).status).toBe(200);
  });

  it('/req/core/landingpage-success: the landing page fits its schema and links to API definition, conformance, processes and jobs', async () => {
    const page = await json<{ links: Link[] }>('/');
    fit('landingPage', page);
    const rels = page.links.map(({ rel }) => rel);
    expect(rels).toEqual(
      expect.arrayContaining(['service-desc', 'service-doc', `${REL}conformance`, `${REL}processes`, `${REL}job-list`]),
    );
  });

  it('/req/core/api-definition-op: every API definition that the landing page links to is answered', async () => {
    const { links } = await json<{ links: Link[] }>('/');
    for (const { href } of links.filter(({ rel }) => rel.startsWith('service-')))
      expect((await fetch(href)).status).toBe(200);
  });

  it('/req/core/api-definition-success: the API definition is an OpenAPI document of the declared media type', async () => {
    const { links } = await json<{ links: Link[] }>('/');
    const link = links.find(({ rel }) => rel === 'service-desc');
    const response = await fetch(link?.href ?? '');
    expect(response.headers.get('content-type')).toBe(link?.type);
    expect(((await response.json()) as OpenApi).openapi).toMatch(/^3\.0\./);
  });

  it('/req/core/conformance-op: GET /conformance is answered', async () => {
    expect((await bed.get('/conformance')).status).toBe(200);
  });

  it('/req/core/conformance-success: exactly the classes of this document, and OGC API - Common, are declared', async () => {
    const declaration = await json<{ conformsTo: string[] }>('/conformance');
    fit('confClasses', declaration);
    const ours = declaration.conformsTo.filter((uri) => uri.startsWith(SPEC));
    expect(ours.sort()).toEqual(classes.map(({ conf }) => SPEC + conf).sort());
    expect(declaration.conformsTo).toContain('http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core');
  });

  it('/req/core/http: methods, statuses and media types are those of HTTP/1.1', async () => {
    const head = await fetch(`${bed.url}/processes`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const wrong = await fetch(`${bed.url}/processes`, { method: 'PUT' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    const unacceptable = await fetch(`${bed.url}/processes`, { headers: { accept: 'image/png' } });
    expect(unacceptable.status).toBe(406);
  });
});

describe('core: processes', () => {
  it('/req/core/process-list: GET /processes is answered', async () => {
    expect((await bed.get('/processes')).status).toBe(200);
  });

  it('/req/core/pl-limit-definition: limit is an integer from 1 to 10000 that may be left out; a larger one is the largest', async () => {
    const { paths } = await definition();
    expect(paths['/processes']?.['get']?.parameters).toContainEqual(
      expect.objectContaining({
        name: 'limit',
        in: 'query',
        required: false,
        schema: { type: 'integer', minimum: 1, maximum: 10_000 },
      }),
    );
    for (const limit of ['0', 'x', '-1'])
      expect([limit, (await bed.get(`/processes?limit=${limit}`)).status]).toEqual([limit, 400]);
    for (const list of ['processes', 'jobs']) expect((await bed.get(`/${list}?limit=10001`)).status).toBe(200);
  });

  it('/req/core/pl-limit-response: a page has no more processes than limit says', async () => {
    for (const limit of [1, 2, 3]) {
      const { processes } = await json<{ processes: unknown[] }>(`/processes?limit=${limit}`);
      expect(processes).toHaveLength(limit);
    }
  });

  it('/req/core/process-list-success: the list fits its schema', async () => {
    fit('processList', await json('/processes'));
  });

  it('/req/core/pl-links: the list links to itself, to its other formats and to the pages beside it, each with a media type', async () => {
    const { links } = await json<{ links: Link[] }>('/processes?limit=1&offset=1');
    expect(links.map(({ rel, type }) => [rel, type])).toEqual([
      ['self', 'application/json'],
      ['alternate', 'text/html'],
      ['next', 'application/json'],
      ['prev', 'application/json'],
    ]);
  });

  it('/req/core/process: GET /processes/{id} is answered for every listed process', async () => {
    const { processes } = await json<{ processes: { id: string }[] }>('/processes');
    for (const { id } of processes) expect([id, (await bed.get(`/processes/${id}`)).status]).toEqual([id, 200]);
  });

  it('/req/core/process-success: a description fits its schema and links to where the process is executed', async () => {
    const process = await json<Description>('/processes/echo');
    fit('process', process);
    expect(process.links.find(({ rel }) => rel === `${REL}execute`)?.href).toBe(`${bed.url}/processes/echo/execution`);
  });

  it('/req/core/process-exception/no-such-process: an unknown process is 404 no-such-process', async () => {
    for (const response of [await bed.get('/processes/none'), await bed.execute('none')]) {
      const problem = (await response.json()) as Body;
      expect([response.status, problem['type']]).toEqual([404, `${EXCEPTIONS}no-such-process`]);
      fit('exception', problem);
    }
  });
});

describe('core: execute', () => {
  it('/req/core/process-execute-op: POST /processes/{id}/execution is answered', async () => {
    expect((await echo({ stringInput: 'Value1' })).status).toBe(200);
  });

  it('/req/core/process-execute-request: the body is an execute request, and anything else is refused', async () => {
    for (const body of [
      '[]',
      '"x"',
      '1',
      'null',
      '{"inputs": []}',
      '{"outputs": {"stringOutput": 1}}',
      '{"response": "x"}',
    ]) {
      const response = await fetch(`${bed.url}/processes/echo/execution`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
      expect([body, response.status]).toEqual([body, 400]);
    }
  });

  it('/req/core/process-execute-inputs: inputs are values, and objects that qualify values', async () => {
    expect(await echoed({ stringInput: 'Value1' }, 'stringOutput')).toBe('Value1');
    expect(await echoed({ stringInput: { value: 'Value3' } }, 'stringOutput')).toBe('Value3');
    expect(await echoed({ doubleInput: 7.5 }, 'doubleOutput')).toBe(7.5);
  });

  it('/req/core/process-execute-input-array: an input that may occur several times is an array', async () => {
    expect(await echoed({ geometryInput: [polygon, gml] }, 'geometryOutput')).toEqual([polygon, gml]);
    expect((await echo({ geometryInput: [polygon, polygon, polygon] })).status).toBe(400);
  });

  it('/req/core/process-execute-input-inline-object: an object stands in the request as it is, or as a qualified value', async () => {
    expect(await echoed({ complexObjectInput: complex }, 'complexObjectOutput')).toEqual({ value: complex });
    expect(await echoed({ complexObjectInput: { value: complex } }, 'complexObjectOutput')).toEqual({ value: complex });
  });

  it('/req/core/process-execute-input-mixed-type: an input of several types takes each of them', async () => {
    expect(await echoed({ geometryInput: polygon }, 'geometryOutput')).toEqual({ value: polygon });
    expect(await echoed({ geometryInput: gml }, 'geometryOutput')).toEqual(gml);
    const qualified = { value: gml, mediaType: 'application/gml+xml; version=3.2' };
    expect(
      (await echo({ geometryInput: qualified }, { outputs: { geometryOutput: {} }, response: 'document' })).status,
    ).toBe(200);
  });

  it('/req/core/process-execute-input-inline-binary: binary data is base64, with a media type or without', async () => {
    const raw = async (imageInput: unknown) => {
      const response = await echo({ imageInput }, { outputs: { imageOutput: {} } });
      return Buffer.from(await response.arrayBuffer()).toString('base64');
    };
    expect(await raw(PNG)).toBe(PNG);
    expect(await raw({ value: PNG, mediaType: 'image/png' })).toBe(PNG);
    expect((await echo({ imageInput: 'no base64!' })).status).toBe(400);
  });

  it('/req/core/process-execute-input-inline-bbox: a bounding box has four or six numbers and a CRS', async () => {
    expect(await echoed({ boundingBoxInput: bbox }, 'boundingBoxOutput')).toEqual(bbox);
    const high = { ...bbox, bbox: [51.9, 7, 0, 52, 7.1, 100], crs: 'http://www.opengis.net/def/crs/OGC/0/CRS84h' };
    expect(await echoed({ boundingBoxInput: high }, 'boundingBoxOutput')).toEqual(high);
    expect((await echo({ boundingBoxInput: { bbox: [1, 2, 3] } })).status).toBe(400);
  });

  it('/req/core/process-execute-input-validation: every input is held against its schema, and every fault is named', async () => {
    const response = await echo({ stringInput: 'none', doubleInput: 11, arrayInput: [1], noInput: 1 });
    const { errors } = (await response.json()) as { errors: { pointer: string }[] };
    expect(response.status).toBe(400);
    expect([...new Set(errors.map(({ pointer }) => pointer))].sort()).toEqual([
      '/inputs/arrayInput',
      '/inputs/doubleInput',
      '/inputs/noInput',
      '/inputs/stringInput',
    ]);
  });

  it('/req/core/process-execute-default-execution-mode: without Prefer a process runs synchronously, unless it only runs asynchronously', async () => {
    expect((await echo({ stringInput: 'Value1' })).status).toBe(200);
    expect((await bed.execute('hello-world-k8s-sleep', { name: 'x' })).status).toBe(201);
  });

  it('/req/core/process-execute-auto-execution-mode: Prefer respond-async is honoured where the process allows it, and said so', async () => {
    for (const prefer of [
      'respond-async',
      'RESPOND-ASYNC',
      'foo=bar, respond-async; x=y',
      'return=minimal, respond-async',
    ]) {
      const response = await echo({ stringInput: 'Value1' }, {}, prefer);
      expect([prefer, response.status, response.headers.get('preference-applied')]).toEqual([
        prefer,
        201,
        'respond-async',
      ]);
    }
    expect((await bed.execute('hello-world-k8s-sleep', { name: 'x' }, { prefer: 'respond-async' })).status).toBe(201);
  });

  it('/req/core/process-execute-default-outputs: without outputs all are asked for', async () => {
    const { outputs } = await json<Description>('/processes/echo');
    const given = { stringInput: 'Value1', imageInput: PNG };
    const all = (await (await echo(given, { response: 'document' })).json()) as Body;
    const named = await echo(given, {
      response: 'document',
      outputs: Object.fromEntries(Object.keys(outputs).map((id) => [id, {}])),
    });
    expect(Object.keys(all)).toEqual(expect.arrayContaining(['stringOutput', 'imageOutput']));
    expect(await named.json()).toEqual(all);
  });

  it('/req/core/process-execute-sync-raw-value-one: one raw output is answered 200 in its own media type', async () => {
    const response = await echo(inputs, { outputs: { imageOutput: {} }, response: 'raw' });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(Buffer.from(await response.arrayBuffer()).toString('base64')).toBe(PNG);
  });

  it('/req/core/process-execute-sync-raw-value-multi: several raw outputs are answered 200 as multipart/related, a part for each', async () => {
    expectTwoParts(await echo(inputs, { ...two, response: 'raw' }));
  });

  it('/req/core/process-execute-sync-raw-ref: outputs by reference are answered 204 with a link to each', async () => {
    await expectLinks(await echo(inputs, byReference));
  });

  it('/req/core/process-execute-sync-raw-mixed-multi: outputs by value and by reference are parts of one answer, those by reference without content', async () => {
    await expectMixed(await echo(inputs, mixed));
  });

  it('/req/core/process-execute-sync-document: a document is answered 200 as JSON that fits its schema', async () => {
    const response = await echo(inputs, { ...two, response: 'document' });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^application\/json/),
    ]);
    const results = (await response.json()) as Body;
    fit('results', results);
    expect(Object.keys(results).sort()).toEqual(['imageOutput', 'stringOutput']);
  });

  it('/req/core/process-execute-success-async: an accepted execution is answered 201 with the address and the status of its job', async () => {
    const response = await echo({ stringInput: 'Value1' }, {}, 'respond-async');
    const status = (await response.json()) as StatusInfo;
    expect([response.status, response.headers.get('location')]).toEqual([201, `${bed.url}/jobs/${status.jobID}`]);
    fit('statusInfo', status);
  });
});

/** 204 with a Link header for each output, that leads to it. */
async function expectLinks(response: Response): Promise<void> {
  expect([response.status, await response.text()]).toEqual([204, '']);
  const items = [...(response.headers.get('link') ?? '').matchAll(/<([^>]+)>; rel="item"; title\*=UTF-8''(\w+)/g)];
  expect(items.map(([, , id]) => id)).toEqual(['stringOutput', 'imageOutput']);
  const linked = await Promise.all(items.map(async ([, href = '']) => (await fetch(href)).arrayBuffer()));
  expect(linked.map((bytes) => Buffer.from(bytes))).toEqual([Buffer.from('Value2'), Buffer.from(PNG, 'base64')]);
}

async function expectMixed(response: Response): Promise<void> {
  expect(response.status).toBe(200);
  const [string, image, ...others] = await partsOf(response);
  expect(others).toEqual([]);
  expect([string?.headers['content-id'], string?.body.toString()]).toEqual(['<stringOutput>', 'Value2']);
  expect([image?.headers['content-id'], image?.body.length]).toEqual(['<imageOutput>', 0]);
  const linked = await fetch(image?.headers['content-location'] ?? '');
  expect(Buffer.from(await linked.arrayBuffer())).toEqual(Buffer.from(PNG, 'base64'));
}

async function expectTwoParts(response: Response): Promise<void> {
  expect(response.status).toBe(200);
  const parts = await partsOf(response);
  expect(
    Object.fromEntries(parts.map(({ headers, body }) => [headers['content-id'], body.toString('base64')])),
  ).toEqual({
    '<stringOutput>': Buffer.from('Value2').toString('base64'),
    '<imageOutput>': PNG,
  });
}

describe('core: jobs', () => {
  it('/req/core/job: GET /jobs/{id} is answered', async () => {
    expect((await bed.get(`/jobs/${jobs.one}`)).status).toBe(200);
  });

  it('/req/core/job-success: a status fits its schema and links to the results, or to why there are none', async () => {
    const [successful, failed] = [await bed.status(jobs.one), await bed.status(jobs.failed)];
    for (const status of [successful, failed]) fit('statusInfo', status);
    expect(successful.links.map(({ rel }) => rel)).toContain(`${REL}results`);
    expect(failed.links.map(({ rel }) => rel)).toContain(`${REL}exceptions`);
  });

  it('/req/core/job-exception-no-such-job: an unknown job is 404 no-such-job', async () => {
    const response = await bed.get('/jobs/none');
    expect([response.status, ((await response.json()) as Body)['type']]).toEqual([404, `${EXCEPTIONS}no-such-job`]);
  });

  it('/req/core/job-results: GET /jobs/{id}/results is answered', async () => {
    expect((await bed.get(`/jobs/${jobs.one}/results`)).status).toBe(200);
  });

  it('/req/core/job-results-success-sync: the results of a synchronous execution can be fetched from its job, as they were answered', async () => {
    const response = await echo(inputs, { outputs: { imageOutput: {} } });
    const job = /<([^>]+)>; rel="monitor"/.exec(response.headers.get('link') ?? '')?.[1] ?? '';
    const later = await fetch(`${job}/results`);
    expect([later.status, later.headers.get('content-type')]).toEqual([200, response.headers.get('content-type')]);
    expect(Buffer.from(await later.arrayBuffer())).toEqual(Buffer.from(await response.arrayBuffer()));
  });

  it('/req/core/job-results-async-raw-value-one: one raw output is answered in its own media type', async () => {
    const response = await bed.get(`/jobs/${jobs.one}/results`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(Buffer.from(await response.arrayBuffer()).toString('base64')).toBe(PNG);
  });

  it('/req/core/job-results-async-raw-value-multi: several raw outputs are answered as multipart/related', async () => {
    await expectTwoParts(await bed.get(`/jobs/${jobs.several}/results`));
  });

  it('/req/core/job-results-async-raw-ref: outputs by reference are answered 204 with a link to each', async () => {
    await expectLinks(await bed.get(`/jobs/${jobs.references}/results`));
  });

  it('/req/core/job-results-async-raw-mixed-multi: outputs by value and by reference are parts of one answer, those by reference without content', async () => {
    await expectMixed(await bed.get(`/jobs/${jobs.mixed}/results`));
  });

  it('/req/core/job-results-async-document: a document is answered as JSON that fits its schema', async () => {
    const results = await json(`/jobs/${jobs.document}/results`);
    fit('results', results);
    expect(Object.keys(results).sort()).toEqual(['imageOutput', 'stringOutput']);
  });

  it('/req/core/job-results-exception/no-such-job: results of an unknown job are 404 no-such-job', async () => {
    const response = await bed.get('/jobs/none/results');
    expect([response.status, ((await response.json()) as Body)['type']]).toEqual([404, `${EXCEPTIONS}no-such-job`]);
  });

  it('/req/core/job-results-exception/results-not-ready: results of a job that goes on are 404 result-not-ready', async () => {
    const jobId = await bed.submit('hello-world-k8s-sleep', { name: 'x' });
    const response = await bed.get(`/jobs/${jobId}/results`);
    expect([response.status, ((await response.json()) as Body)['type']]).toEqual([
      404,
      `${EXCEPTIONS}result-not-ready`,
    ]);
  });

  it('/req/core/job-results-failed: results of a failed job are the problem that made it fail, whose type says the cause and is documented here', async () => {
    const response = await bed.get(`/jobs/${jobs.failed}/results`);
    const problem = (await response.json()) as { type: string };
    fit('exception', problem);
    expect([response.status, problem.type]).toEqual([500, `${bed.url}/problems/non-zero-exit`]);
    expect((await fetch(problem.type)).status).toBe(200);
  });
});

describe('process description', () => {
  it('/req/ogc-process-description/json-encoding: every description is JSON that fits the schema', async () => {
    const { processes } = await json<{ processes: { id: string }[] }>('/processes');
    for (const { id } of processes) fit('process', await json(`/processes/${id}`));
  });

  it('/req/ogc-process-description/inputs-def: inputs are a map by identifier', async () => {
    const { inputs: described } = await json<Description>('/processes/echo');
    expect(Object.keys(described)).toContain('stringInput');
  });

  it('/req/ogc-process-description/input-def: each input has a JSON Schema, and says how often it may occur where that is not once', async () => {
    const { inputs: described } = await json<Description>('/processes/echo');
    for (const [id, { schema }] of Object.entries(described)) expect([id, typeof schema]).toEqual([id, 'object']);
    expect(described['geometryInput']).toMatchObject({ minOccurs: 0, maxOccurs: 2 });
  });

  it('/req/ogc-process-description/input-mixed-type: an input of several types says them by oneOf', async () => {
    const { inputs: described } = await json<Description>('/processes/echo');
    expect(described['geometryInput']?.schema['oneOf']).toHaveLength(2);
  });

  it('/req/ogc-process-description/outputs-def: outputs are a map by identifier', async () => {
    const { outputs } = await json<Description>('/processes/echo');
    expect(Object.keys(outputs)).toContain('stringOutput');
  });

  it('/req/ogc-process-description/output-def: each output has a JSON Schema', async () => {
    const { outputs } = await json<Description>('/processes/echo');
    for (const [id, { schema }] of Object.entries(outputs)) expect([id, typeof schema]).toEqual([id, 'object']);
  });

  it('/req/ogc-process-description/output-mixed-type: an output of several types says them by oneOf', async () => {
    const { outputs } = await json<Description>('/processes/echo');
    expect(outputs['geometryOutput']?.schema['oneOf']).toHaveLength(2);
  });
});

describe('encodings', () => {
  const paths = () => [
    '/',
    '/conformance',
    '/processes',
    '/processes/echo',
    '/jobs',
    `/jobs/${jobs.one}`,
    `/jobs/${jobs.document}/results`,
  ];

  it('/req/json/definition: every resource is there as application/json', async () => {
    for (const path of paths()) {
      const response = await fetch(bed.url + path, { headers: { accept: 'application/json' } });
      expect([path, response.status, response.headers.get('content-type')]).toEqual([
        path,
        200,
        expect.stringMatching(/^application\/json\b/),
      ]);
    }
  });

  it('/req/html/definition: every resource is there as text/html', async () => {
    for (const path of [...paths(), '/openapi']) {
      const response = await fetch(bed.url + path, { headers: { accept: 'text/html' } });
      expect([path, response.status, response.headers.get('content-type')]).toEqual([
        path,
        200,
        expect.stringMatching(/^text\/html\b/),
      ]);
    }
  });

  it('/req/html/content: a page holds every text of its resource in the body, and every link as an <a>', async () => {
    for (const path of paths().filter((candidate) => !candidate.endsWith('/results'))) {
      const resource: unknown = await json(path);
      const page = parse(await (await fetch(bed.url + path, { headers: { accept: 'text/html' } })).text());
      const anchors = page.querySelectorAll('body a').map((anchor) => anchor.getAttribute('href'));
      const missing = hrefs(resource).filter((href) => !href.endsWith('f=html') && !anchors.includes(href));
      expect([path, missing]).toEqual([path, []]);
      const text = page.querySelector('body')?.text ?? '';
      for (const name of ['title', 'description', 'id', 'jobID', 'message', 'status']) {
        const value = (resource as Body)[name];
        if (typeof value === 'string') expect([path, name, text.includes(value)]).toEqual([path, name, true]);
      }
    }
  });
});

describe('OpenAPI 3.0', () => {
  it('/req/oas30/oas-definition-1: the definition has the media type of OpenAPI 3.0', async () => {
    expect((await bed.get('/openapi')).headers.get('content-type')).toBe(
      'application/vnd.oai.openapi+json;version=3.0',
    );
  });

  it('/req/oas30/oas-definition-2: the definition is an OpenAPI 3.0 document', async () => {
    const document = await definition();
    expect(document.openapi).toMatch(/^3\.0\.\d$/);
    expect(document).toMatchObject({
      info: { title: expect.any(String), version: expect.any(String) },
      paths: expect.any(Object),
    });
    const ids = Object.values(document.paths).flatMap((item) =>
      Object.values(item).map((operation) => (operation as { operationId?: string }).operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('/req/oas30/oas-impl: what the definition describes is there', async () => {
    const { paths } = await definition();
    const found = Object.entries(paths).filter(([path, item]) => 'get' in item && !path.includes('{'));
    expect(found.length).toBeGreaterThan(4);
    for (const [path] of found) expect([path, (await bed.get(path)).status]).toEqual([path, 200]);
  });

  it('/req/oas30/completeness: every operation of the standard is described, with what it answers when all is well', async () => {
    const { paths } = await definition();
    const operations: [string, string, string][] = [
      ['/', 'get', '200'],
      ['/conformance', 'get', '200'],
      ['/processes', 'get', '200'],
      ['/processes/{processId}', 'get', '200'],
      ['/processes/{processId}/execution', 'post', '201'],
      ['/jobs', 'get', '200'],
      ['/jobs/{jobId}', 'get', '200'],
      ['/jobs/{jobId}', 'delete', '200'],
      ['/jobs/{jobId}/results', 'get', '200'],
    ];
    for (const [path, method, status] of operations)
      expect([path, method, Object.keys(paths[path]?.[method]?.responses ?? {})]).toEqual([
        path,
        method,
        expect.arrayContaining([status]),
      ]);
  });

  it('/req/oas30/exceptions-codes: every operation that may fail says how, as a problem', async () => {
    const { paths } = await definition();
    for (const [path, item] of Object.entries(paths)) {
      for (const [method, { responses }] of Object.entries(item)) {
        if (path.startsWith('/health')) continue;
        const failures = Object.entries(responses).filter(([status]) => Number(status) >= 400);
        expect([method, path, failures.length > 0]).toEqual([method, path, true]);
        for (const [status, { content }] of failures)
          expect([method, path, status, Object.keys(content ?? {})]).toEqual([
            method,
            path,
            status,
            expect.arrayContaining(['application/problem+json']),
          ]);
      }
    }
  });

  it('/req/oas30/security: the token is described, and asked for by the operations that need it', async () => {
    const { paths, components } = await definition();
    expect(Object.values(components.securitySchemes)).toContainEqual(
      expect.objectContaining({ type: 'http', scheme: 'bearer' }),
    );
    expect(paths['/processes/generic-image-processor-example/execution']?.['post']?.security).toHaveLength(1);
    expect((await bed.execute('generic-image-processor-example')).status).toBe(401);
    expect((await bed.execute('generic-image-processor-example', {}, { token: TOKEN })).status).toBe(201);
  });
});

describe('job list', () => {
  it('/req/job-list/job-list-op: GET /jobs is answered', async () => {
    expect((await bed.get('/jobs')).status).toBe(200);
  });

  it('/req/job-list/type-definition: type is a list of texts', async () => {
    await expectArray('type', { type: 'string', enum: ['process'] });
  });

  it('/req/job-list/type-response: only jobs of the given types are listed', async () => {
    expect(await idsOf('type=process')).toEqual(expect.arrayContaining(Object.values(jobs)));
    expect(await idsOf('type=other')).toEqual([]);
    expect((await idsOf('type=other&type=process')).length).toBeGreaterThan(0);
  });

  it('/req/job-list/processID-mandatory: every listed job has its processID', async () => {
    const { jobs: listed } = await json<JobList>('/jobs?limit=1000');
    expect(listed.filter(({ processID }) => !processID)).toEqual([]);
  });

  it('/req/job-list/processID-definition: processID is a list of texts', async () => {
    await expectArray('processID', { type: 'string' });
  });

  it('/req/job-list/processid-response: only jobs of the given processes are listed', async () => {
    expect(await idsOf('processID=hello-world-k8s-sleep-failing')).toEqual([jobs.failed]);
    const both = await idsOf('processID=hello-world-k8s-sleep-failing&processID=echo');
    expect(both).toEqual(expect.arrayContaining([jobs.failed, jobs.one]));
    expect(await idsOf('processID=none')).toEqual([]);
  });

  it('/req/job-list/status-definition: status is a list of the five statuses', async () => {
    await expectArray('status', { type: 'string', enum: ['accepted', 'running', 'successful', 'failed', 'dismissed'] });
  });

  it('/req/job-list/status-response: only jobs of the given statuses are listed, and an unknown one is refused', async () => {
    expect(await idsOf('status=failed')).toEqual([jobs.failed]);
    const both = await idsOf('status=failed&status=successful');
    expect(both).toEqual(expect.arrayContaining([jobs.failed, jobs.one]));
    expect((await bed.get('/jobs?status=none')).status).toBe(400);
  });

  it('/req/job-list/datetime-definition: datetime is a text, an instant or an interval that may be open', async () => {
    expect((await jobParameters()).find(({ name }) => name === 'datetime')).toMatchObject({
      in: 'query',
      required: false,
      schema: { type: 'string' },
    });
    for (const wrong of ['yesterday', '2026-13-01', '2026-01-01/2025-01-01', '../..x']) {
      const response = await bed.get(`/jobs?datetime=${encodeURIComponent(wrong)}`);
      const { errors } = (await response.json()) as { errors?: { pointer: string }[] };
      expect([wrong, response.status, errors?.map(({ pointer }) => pointer)]).toEqual([wrong, 400, ['datetime']]);
    }
  });

  it('/req/job-list/datetime-response: only jobs created then are listed', async () => {
    const { created } = await bed.status(jobs.one);
    for (const datetime of [created, `${created}/..`, `../${created}`, `${created}/${created}`, `/${created}`])
      expect([datetime, (await idsOf(`datetime=${encodeURIComponent(datetime)}`)).includes(jobs.one)]).toEqual([
        datetime,
        true,
      ]);
    for (const datetime of ['../2001-01-01T00:00:00Z', '2101-01-01T00:00:00Z/..'])
      expect([datetime, await idsOf(`datetime=${encodeURIComponent(datetime)}`)]).toEqual([datetime, []]);
  });

  it('/req/job-list/duration-definition: minDuration and maxDuration are integers', async () => {
    for (const name of ['minDuration', 'maxDuration']) {
      expect((await jobParameters()).find((parameter) => parameter.name === name)).toMatchObject({
        in: 'query',
        required: false,
        schema: { type: 'integer' },
      });
      expect([name, (await bed.get(`/jobs?${name}=long`)).status]).toEqual([name, 400]);
    }
  });

  it('/req/job-list/duration-response: only jobs that took so long are listed', async () => {
    const failing = 'processID=hello-world-k8s-sleep-failing';
    expect(await idsOf(`minDuration=2&${failing}`)).toEqual([jobs.failed]);
    expect(await idsOf(`minDuration=2&maxDuration=100000&${failing}`)).toEqual([jobs.failed]);
    expect(await idsOf(`maxDuration=1&${failing}`)).toEqual([]);
    expect(await idsOf('minDuration=100000')).toEqual([]);
  });

  it('/req/job-list/jl-limit-definition: limit is an integer of at least one', async () => {
    expect((await jobParameters()).find(({ name }) => name === 'limit')).toMatchObject({
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1 },
    });
    for (const limit of ['0', 'x', '-1', '1.5'])
      expect([limit, (await bed.get(`/jobs?limit=${limit}`)).status]).toEqual([limit, 400]);
  });

  it('/req/job-list/jl-limit-response: a page has no more jobs than limit says', async () => {
    for (const limit of [1, 2, 3]) expect((await json<JobList>(`/jobs?limit=${limit}`)).jobs).toHaveLength(limit);
  });

  it('/req/job-list/job-list-success: the list fits its schema', async () => {
    fit('jobList', await json('/jobs'));
  });

  it('/req/job-list/links: the list links to itself, to its other formats and to the next page, which go through all jobs once while others arrive', async () => {
    const known = await idsOf('processID=echo&status=successful');
    const seen: string[] = [];
    let next: string | undefined = `${bed.url}/jobs?limit=2&processID=echo&status=successful`;
    while (next !== undefined) {
      const page = (await (await fetch(next)).json()) as JobList;
      expect(page.links.map(({ rel }) => rel).slice(0, 2)).toEqual(['self', 'alternate']);
      seen.push(...page.jobs.map(({ jobID }) => jobID));
      if (seen.length === 2) await echo({ stringInput: 'Value1' });
      next = page.links.find(({ rel }) => rel === 'next')?.href;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(known));
  });
});

describe('dismiss', () => {
  it('/req/dismiss/job-dismiss-op: DELETE /jobs/{id} is answered', async () => {
    const jobId = await bed.submit('hello-world-k8s-sleep', { name: 'x' });
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
  });

  it('/req/dismiss/job-dismiss-success: a dismissed job is answered with its status, and the status is dismissed then', async () => {
    const jobId = await bed.submit('hello-world-k8s-sleep', { name: 'x' });
    const status = (await (await bed.delete(`/jobs/${jobId}`)).json()) as StatusInfo;
    fit('statusInfo', status);
    expect([status.jobID, status.status]).toEqual([jobId, 'dismissed']);
    const after = await bed.get(`/jobs/${jobId}`);
    expect([after.status, ((await after.json()) as StatusInfo).status]).toEqual([200, 'dismissed']);
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
    await eventually('the job being gone', async () => (await bed.get(`/jobs/${jobId}`)).status === 404);
  });
});
