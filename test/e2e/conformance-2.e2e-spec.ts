import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { draftClasses } from '../conformance/document.mjs';
import { partsOf } from '../support/multipart.js';
import { eventually } from '../support/wait.js';
import { TestBed, TOKEN, type StatusInfo } from '../support/test-bed.js';

// Version 2.0 (draft). The name of each test of a requirement is `2.0 ` and its id; docs/conformance.md is made of them.

const SPEC = 'http://www.opengis.net/spec/ogcapi-processes-1/2.0/conf/';
const EXCEPTIONS = 'http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/';
const PROFILES = 'https://www.opengis.net/def/profile/OGC/0/';
const RESULTS = `${PROFILES}ogc-results`;
const asDraft = { link: `<${PROFILES}ogc-execute-request>; rel="profile"` };
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const point = { type: 'Point', coordinates: [1, 2] };

const image = `
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      mimetype: application/json
      command: [sh, -c, 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; printf %s "$PYGEOAPI_K8S_MANAGER_INPUTS"']`;
const metadata = `
        jobControlOptions: [sync-execute, async-execute, dismiss]
        outputs: { inputs: { schema: { type: object } } }
        inputs:
          text: { schema: { type: string }, minOccurs: 0 }
          password: { schema: { type: string }, minOccurs: 0 }
          number: { schema: { type: number }, minOccurs: 0 }
          integer: { schema: { type: integer, maximum: 10 }, minOccurs: 0 }
          flag: { schema: { type: boolean }, minOccurs: 0 }
          object: { schema: { type: object }, minOccurs: 0 }
          list: { schema: { type: array }, minOccurs: 0 }
          box: { schema: { type: object, format: ogc-bbox }, minOccurs: 0 }
          image: { schema: { type: string, contentEncoding: base64, contentMediaType: image/png }, minOccurs: 0 }
          colours: { schema: { type: string }, minOccurs: 0, maxOccurs: 3 }
          shapes: { schema: { type: object }, minOccurs: 0, maxOccurs: 2 }`;
/** Gives back its inputs; the second asks for a token. */
const processes = `
  inputs:
    type: process
    processor:${image}
      check_auth: false
      metadata:${metadata}
  secured:
    type: process
    processor:${image}
      check_auth: true
      metadata:${metadata}
`;

type Body = Readonly<Record<string, unknown>>;
interface Problem {
  readonly type: string;
  readonly status: number;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
}
interface Operation {
  readonly parameters?: readonly { name: string; in: string; required?: boolean; style?: string; schema: Body }[];
}
interface Definition {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

let bed: TestBed;
/** Without the keys of 2.0: as 1.0 has it. */
let plain: { url: string };
/** `outputs_empty: none`. */
let withNone: { url: string };
beforeAll(async () => {
  const configured = (text: string) => text.replace('# kvp_execute: true', 'kvp_execute: true') + processes;
  bed = await TestBed.startProcess(
    { PYGEOAPI_CONFIG: 'config/pygeoapi-config.yaml', INPUT_HREF_ALLOWED_HOSTS: '127.0.0.1' },
    { configuration: configured },
  );
  const shipped = (await readFile('config/pygeoapi-config.yaml', 'utf8')) + processes;
  const beside = async (name: string, text: string) => {
    const path = join(bed.cluster.folder, name);
    await writeFile(path, text);
    return bed.startReplica({ PYGEOAPI_CONFIG: path });
  };
  [plain, withNone] = await Promise.all([
    beside('plain.yaml', shipped),
    beside('none.yaml', shipped.replace('# outputs_empty: none', 'outputs_empty: none')),
  ]);
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const json = async <T = Body>(path: string, token?: string): Promise<T> =>
  (await (await bed.get(path, token)).json()) as T;
const execute = (process: string, inputs: Body, body: Body = {}, headers: Record<string, string> = {}) =>
  bed.execute(process, inputs, { body, headers });
/** @returns the id of the job, which has ended */
const ended = async (process: string, inputs: Body, body: Body = {}, headers: Record<string, string> = {}) => {
  const response = await execute(process, inputs, body, { prefer: 'respond-async', ...headers });
  const { jobID } = (await response.json()) as StatusInfo;
  await bed.ended(jobID);
  return jobID;
};
const problemOf = async (response: Response) => {
  const { type, errors } = (await response.json()) as Problem;
  return [response.status, type, errors?.map(({ pointer }) => pointer)];
};
const two = { stringInput: 'Value1', doubleInput: 2.5 };
const both = { stringOutput: {}, doubleOutput: {} };

describe('conformance', () => {
  const declared = async (url: string) =>
    ((await (await fetch(`${url}/conformance`)).json()) as { conformsTo: string[] }).conformsTo
      .filter((uri) => uri.startsWith(SPEC))
      .sort();

  it('is declared for exactly the classes of this document, for those with a key only where it is on', async () => {
    const uris = (some: typeof draftClasses) => some.map(({ conf }) => SPEC + conf).sort();
    expect(await declared(bed.url)).toEqual(uris(draftClasses));
    expect(await declared(plain.url)).toEqual(uris(draftClasses.filter(({ key }) => key === undefined)));
  });

  it('2.0 /req/ogc-process-description/json-encoding: a description says by a link of the relation profile what it is', async () => {
    const { links } = await json<{ links: { rel: string; href: string }[] }>('/processes/echo');
    expect(links.find(({ rel }) => rel === 'profile')?.href).toBe(`${PROFILES}ogc-process-description`);
  });

  it('2.0 /req/ogc-process-description/links: a description links to itself and to its other formats', async () => {
    const { links } = await json<{ links: { rel: string; href: string; type?: string }[] }>('/processes/echo');
    expect(links.find(({ rel }) => rel === 'self')?.href).toBe(`${bed.url}/processes/echo`);
    expect(links.filter(({ rel }) => rel === 'alternate').map(({ type }) => type)).toEqual(['text/html']);
  });

  it('2.0 /req/oas/definition: the landing page links to the definition with its version, and to a page about it', async () => {
    const { links } = await json<{ links: { rel: string; type: string }[] }>('/');
    expect(links.filter(({ rel }) => rel === 'service-desc').map(({ type }) => type)).toContain(
      'application/vnd.oai.openapi+json;version=3.0',
    );
    expect(links.find(({ rel }) => rel === 'service-doc')?.type).toBe('text/html');
  });

  it('2.0 /req/oas30/oas-definition: the definition is an OpenAPI 3.0 document', async () => {
    expect(await json('/openapi')).toMatchObject({ openapi: expect.stringMatching(/^3\.0\.\d$/), paths: {} });
  });

  it('2.0 /req/oas31/oas-definition: the definition is there as an OpenAPI 3.1 document, too', async () => {
    expect(await json('/openapi/3.1')).toMatchObject({ openapi: expect.stringMatching(/^3\.1\.\d$/), paths: {} });
  });

  it('2.0 /req/dismiss/job-dismiss-status: a job that goes on becomes dismissed, one that has ended is removed', async () => {
    const running = await bed.submit('hello-world-k8s-sleep', { name: 'x' });
    expect(await (await bed.delete(`/jobs/${running}`)).json()).toMatchObject({ id: running, status: 'dismissed' });
    expect((await bed.status(running)).status).toBe('dismissed');
    const jobId = await ended('inputs', { text: 'x' });
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
    await eventually('the job being gone', async () => (await bed.get(`/jobs/${jobId}`)).status === 404);
  });
});

describe('outputs', () => {
  it('2.0 /req/core/process-execute-empty-outputs: "outputs": {} asks for none where a request names a profile of 2.0, or the server says so; else for all', async () => {
    const none = { outputs: {} };
    for (const headers of <Record<string, string>[]>[
      asDraft,
      { 'accept-profile': `<${RESULTS}>` },
      { prefer: `profile="${RESULTS}"` },
      { accept: `application/json; profile="${RESULTS}"` },
    ]) {
      const response = await execute('echo', two, none, headers);
      expect([headers, response.status, await response.text()]).toEqual([headers, 204, '']);
    }
    expect((await execute('echo', two, none)).status).toBe(200);
    const configured = await fetch(`${withNone.url}/processes/echo/execution`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: two, outputs: {} }),
    });
    expect(configured.status).toBe(204);
  });

  it('2.0 /req/core/process-execute-success-sync-empty-outputs: none is 204 without a body, once the job has ended, and a failure stays one', async () => {
    const response = await execute('echo', two, { outputs: {}, response: 'document' }, asDraft);
    const [, address = ''] = /<([^>]+)>; rel="monitor"/.exec(response.headers.get('link') ?? '') ?? [];
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(await (await fetch(address)).json()).toMatchObject({ status: 'successful' });
    const failed = await ended('hello-world-k8s-sleep-failing', { name: 'x' }, { outputs: {} }, asDraft);
    expect((await bed.get(`/jobs/${failed}/results`)).status).toBe(500);
  });

  it('2.0 /req/core/process-execute-omitted-outputs: no outputs at all are all outputs', async () => {
    const response = await execute('echo', two, {}, { ...asDraft, accept: 'application/json' });
    expect(await response.json()).toEqual({ stringOutput: 'Value1', doubleOutput: 2.5 });
  });

  it('2.0 /req/core/process-execute-success-sync-outputs-omitted: a synchronous answer then has all of them', async () => {
    const response = await execute('echo', two, {}, { ...asDraft, accept: 'multipart/related' });
    expect((await partsOf(response)).map(({ headers }) => headers['content-id'])).toEqual([
      '<stringOutput>',
      '<doubleOutput>',
    ]);
  });

  it('2.0 /req/core/process-execute-sync-one: one output is itself, in its media type', async () => {
    const response = await execute('echo', two, { outputs: { stringOutput: {} } }, asDraft);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'Value1',
    ]);
  });

  it('2.0 /req/core/process-execute-sync-many-json: several are a document, which says its profile, and that Prefer was followed', async () => {
    for (const [headers, applied] of [
      [asDraft, null],
      [{ prefer: `profile="${RESULTS}"` }, `profile="${RESULTS}"`],
    ] as const) {
      const response = await execute('echo', two, { outputs: both }, headers);
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        expect.stringMatching(/^application\/json\b/),
      ]);
      expect(response.headers.get('link')).toContain(`<${RESULTS}>; rel="profile"`);
      expect(response.headers.get('preference-applied')).toBe(applied);
      expect(await response.json()).toEqual({ stringOutput: 'Value1', doubleOutput: 2.5 });
    }
    // Version 1.0: raw.
    expect((await execute('echo', two, { outputs: both })).headers.get('content-type')).toMatch(/^multipart\/related/);
  });

  it('2.0 /req/core/process-execute-success-async-outputs: what was asked for is there, anything else is 404', async () => {
    const outputs = { stringOutput: {} };
    const jobId = await ended('echo', two, { outputs }, asDraft);
    expect(await (await bed.get(`/jobs/${jobId}/results/stringOutput`)).text()).toBe('Value1');
    expect((await bed.get(`/jobs/${jobId}/results/doubleOutput`)).status).toBe(404);
    const of10 = await ended('echo', two, { outputs });
    expect((await bed.get(`/jobs/${of10}/results/doubleOutput`)).status).toBe(200);
  });

  it('2.0 /req/core/process-execute-success-async-outputs-empty: of a job that was asked for none there is nothing to fetch, and no link leads to it', async () => {
    const jobId = await ended('echo', two, { outputs: {} }, asDraft);
    for (const path of ['results', 'results/stringOutput', 'results?outputs=stringOutput', 'results/stringOutput/0'])
      expect([path, (await bed.get(`/jobs/${jobId}/${path}`)).status]).toEqual([path, 404]);
    const { status, links } = await bed.status(jobId);
    expect([status, links.filter(({ href }) => href.includes('/results'))]).toEqual(['successful', []]);
    const kubeJob = (await bed.cluster.kubeJobs()).find(({ metadata: { name } = {} }) => name?.endsWith(jobId));
    const variables = kubeJob?.spec?.template.spec?.containers[0]?.env ?? [];
    expect(variables.find(({ name }) => name === 'PYGEOAPI_K8S_MANAGER_REQUESTED_OUTPUTS')?.value).toBe('{}');
  });

  it('2.0 /req/core/job-results-exception/results-not-available: it is 404 result-not-available', async () => {
    const jobId = await ended('echo', two, { outputs: {} }, asDraft);
    const expected = [404, `${EXCEPTIONS}result-not-available`, undefined];
    expect(await problemOf(await bed.get(`/jobs/${jobId}/results`))).toEqual(expected);
    expect(await problemOf(await fetch(`${plain.url}/jobs/${jobId}/results/stringOutput`))).toEqual(expected);
  });

  it('2.0 /req/core/process-execute-success-async-outputs-omitted: of a job that was asked for all, all are there', async () => {
    const jobId = await ended('echo', two, {}, asDraft);
    for (const [id, text] of [
      ['stringOutput', 'Value1'],
      ['doubleOutput', '2.5'],
    ] as const)
      expect(await (await bed.get(`/jobs/${jobId}/results/${id}`)).text()).toBe(text);
  });

  it('2.0 /req/core/job-results-exception-no-such-output: an unknown output is 400 no-such-output, of a job and of an execute request', async () => {
    const jobId = await ended('echo', two);
    const expected = [400, `${EXCEPTIONS}no-such-output`];
    expect((await problemOf(await bed.get(`/jobs/${jobId}/results/none`))).slice(0, 2)).toEqual(expected);
    expect((await problemOf(await bed.get(`/jobs/${jobId}/results/none/0`))).slice(0, 2)).toEqual(expected);
    const one = await ended('inputs', { text: 'x' });
    expect((await problemOf(await bed.get(`/jobs/${one}/results/none`))).slice(0, 2)).toEqual(expected);
    expect(await problemOf(await execute('echo', two, { outputs: { none: {}, stringOutput: {} } }))).toEqual([
      ...expected,
      ['/outputs/none'],
    ]);
    expect((await problemOf(await execute('echo', { noInput: 1 }, { outputs: { none: {} } }))).slice(0, 2)).toEqual([
      400,
      `${bed.url}/problems/invalid-request`,
    ]);
  });

  it('2.0 /req/core/job-results-exception/invalid-query-parameter-value: outputs that name an unknown one are 400 invalid-query-parameter-value', async () => {
    const jobId = await ended('echo', two);
    expect(await problemOf(await bed.get(`/jobs/${jobId}/results?outputs=stringOutput,none`))).toEqual([
      400,
      `${EXCEPTIONS}invalid-query-parameter-value`,
      ['outputs'],
    ]);
  });
});

describe('jobs', () => {
  it('2.0 /req/core/job-success: a status has id and processingEntityType, and of a failed job the exception; the job cannot say otherwise', async () => {
    const jobId = await ended('echo', two);
    expect(await json(`/jobs/${jobId}`)).toMatchObject({ id: jobId, processingEntityType: 'ogc-api-processes' });
    const failed = await bed.submit('hello-world-k8s-sleep-failing', { name: 'x' });
    await bed.ended(failed);
    const { exception, message } = await json<{ exception: Problem & { detail: string }; message: string }>(
      `/jobs/${failed}`,
    );
    expect(exception).toMatchObject({ type: `${bed.url}/problems/non-zero-exit`, status: 500, detail: message });
    const results = (await (await bed.get(`/jobs/${failed}/results`)).json()) as Problem;
    expect([exception.type, exception.status]).toEqual([results.type, results.status]);
    const { jobs } = await json<{ jobs: Body[] }>('/jobs?status=failed');
    expect(jobs.find(({ id }) => id === failed)).toMatchObject({
      processingEntityType: 'ogc-api-processes',
      exception: { type: exception.type },
    });
  });

  it('lead to the request that made them, secrets masked, for who may read the log', async () => {
    const inputs = { text: 'a', password: 'hunter2', number: 1.5 };
    const outputs = { inputs: { transmissionMode: 'reference' } };
    const response = await bed.execute('secured', inputs, { token: TOKEN, body: { outputs } });
    const [, address = ''] = /<([^>]+)>; rel="monitor"/.exec(response.headers.get('link') ?? '') ?? [];
    const path = address.slice(bed.url.length);
    expect(await json(path)).not.toHaveProperty('request');
    expect((await bed.get(`${path}/request`)).status).toBe(401);
    const { request } = await json<{ request: { href: string } }>(path, TOKEN);
    expect(request.href).toBe(`${address}/request`);
    const kept = await bed.get(`${path}/request`, TOKEN);
    expect([kept.status, kept.headers.get('link')]).toEqual([200, `<${PROFILES}ogc-execute-request>; rel="profile"`]);
    const text = await kept.text();
    expect(text).not.toContain('hunter2');
    expect(JSON.parse(text)).toEqual({
      process: `${bed.url}/processes/secured`,
      inputs: { ...inputs, password: { masked: true } },
      outputs,
      response: 'raw',
    });
    const page = await fetch(address, { headers: { accept: 'text/html', authorization: `Bearer ${TOKEN}` } });
    expect(await page.text()).toContain(`${address}/request`);
  });

  it('2.0 /req/core/job-result-op: each output is there, and each value of one that may have several, raw and in ranges', async () => {
    const gml = '<gml:Point/>';
    const jobId = await ended('echo', { geometryInput: [point, gml], arrayInput: [1, 2, 3] });
    const value = (path: string, headers: Record<string, string> = {}) =>
      fetch(`${bed.url}/jobs/${jobId}/results/${path}`, { headers });
    expect(await (await value('geometryOutput')).json()).toEqual([point, gml]);
    const first = await value('geometryOutput/0');
    expect([first.headers.get('content-type'), await first.json()]).toEqual(['application/json', point]);
    const second = await value('geometryOutput/1');
    expect([second.headers.get('content-type'), await second.text()]).toEqual([
      'application/gml+xml; version=3.2',
      gml,
    ]);
    const range = await value('geometryOutput/1', { range: 'bytes=1-3' });
    expect([range.status, range.headers.get('content-range'), await range.text()]).toEqual([
      206,
      `bytes 1-3/${gml.length}`,
      'gml',
    ]);
    expect((await value('geometryOutput/1', { range: 'bytes=100-' })).status).toBe(416);
    for (const index of ['2', '-1', '01', 'x', '1.0', '999999999999'])
      expect([index, (await value(`geometryOutput/${index}`)).status]).toEqual([index, 404]);
    // An array is one value where the output may not have several.
    expect(await (await value('arrayOutput/0')).json()).toEqual([1, 2, 3]);
    expect((await value('arrayOutput/1')).status).toBe(404);
    expect(await problemOf(await value('stringOutput/0'))).toEqual([
      404,
      `${bed.url}/problems/not-available`,
      undefined,
    ]);
  });

  it('2.0 /req/core/job-results-param-outputs: outputs is a list of texts, divided by commas', async () => {
    const { paths } = await json<Definition>('/openapi');
    expect(paths['/jobs/{jobId}/results']?.['get']?.parameters?.find(({ name }) => name === 'outputs')).toMatchObject({
      in: 'query',
      required: false,
      style: 'form',
      explode: false,
      schema: { type: 'array', items: { type: 'string' } },
    });
  });

  it('2.0 /req/core/job-results-param-outputs-response: only those outputs are answered', async () => {
    const jobId = await ended('echo', { ...two, arrayInput: [1, 2] }, { response: 'document' });
    expect(await json(`/jobs/${jobId}/results?outputs=stringOutput,arrayOutput`)).toEqual({
      stringOutput: 'Value1',
      arrayOutput: [1, 2],
    });
  });

  it('2.0 /req/core/job-results-profile: results are a document where that profile is asked for, whatever their number', async () => {
    const jobId = await ended('echo', two, { outputs: { stringOutput: {} } });
    const response = await fetch(`${bed.url}/jobs/${jobId}/results`, { headers: { 'accept-profile': `<${RESULTS}>` } });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^application\/json\b/),
    ]);
    expect(response.headers.get('link')).toContain(`<${RESULTS}>; rel="profile"`);
    expect(await response.json()).toEqual({ stringOutput: 'Value1' });
    expect(await (await bed.get(`/jobs/${jobId}/results`)).text()).toBe('Value1');
  });

  it('2.0 /req/core/job-results-async-one: one output is itself, in its media type', async () => {
    const jobId = await ended('echo', { imageInput: PNG }, { outputs: { imageOutput: {} } }, asDraft);
    const response = await bed.get(`/jobs/${jobId}/results/imageOutput`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(Buffer.from(await response.arrayBuffer()).toString('base64')).toBe(PNG);
  });

  it('2.0 /req/core/job-results-async-many: several are a document', async () => {
    const jobId = await ended('echo', two, { outputs: both }, asDraft);
    expect(await json(`/jobs/${jobId}/results`)).toEqual({ stringOutput: 'Value1', doubleOutput: 2.5 });
  });
});

/** `GET` of the execution of a process. */
const open = (query: string, headers: Record<string, string> = {}, process = 'inputs', method = 'GET') =>
  fetch(`${bed.url}/processes/${process}/execution?${query}`, { method, headers });
/** The inputs as the job got them. */
const received = async (query: string): Promise<unknown> => {
  const response = await open(query);
  expect([query, response.status]).toEqual([query, 200]);
  return response.json();
};
const jobsNow = async () => (await json<{ numberMatched: number }>('/jobs?limit=1')).numberMatched;

describe('executing by GET', () => {
  it('2.0 /req/kvp-execute/process-execute-op: GET executes where server.kvp_execute is on; nothing stores the answer', async () => {
    const response = await open('text=x');
    expect([response.status, response.headers.get('cache-control'), await response.json()]).toEqual([
      200,
      'no-store',
      { text: 'x' },
    ]);
    expect(response.headers.get('link')).toContain('rel="monitor"');
    const wrong = await open('integer=11');
    expect([wrong.status, wrong.headers.get('cache-control')]).toEqual([400, 'no-store']);
    const allowed = await fetch(`${bed.url}/processes/inputs/execution`, { method: 'PUT' });
    expect([allowed.status, allowed.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS, POST']);
  });

  it('is 405 where it is off, as before, and stands in no definition', async () => {
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(`${plain.url}/processes/inputs/execution?text=x`, { method });
      expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, 'OPTIONS, POST']);
    }
    const definition = async (url: string) => (await (await fetch(`${url}/openapi`)).json()) as Definition;
    const methods = ({ paths }: Definition) =>
      Object.entries(paths)
        .filter(([path]) => path.endsWith('/execution'))
        .map(([path, item]) => [path, Object.keys(item).sort().join()]);
    const off = methods(await definition(plain.url));
    expect(off.filter(([, found]) => found !== 'post')).toEqual([]);
    expect(methods(await definition(bed.url))).toEqual(off.map(([path]) => [path, 'get,post']));
  });

  it('asks whether a request is right by HEAD, and executes nothing', async () => {
    const before = await jobsNow();
    const right = await open('text=x', {}, 'inputs', 'HEAD');
    expect([right.status, right.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect((await open('integer=x', {}, 'inputs', 'HEAD')).status).toBe(400);
    expect((await open('text=x', {}, 'secured', 'HEAD')).status).toBe(401);
    expect(await jobsNow()).toBe(before);
  });

  it('is refused to the pages of other sites, and to browsers that fetch ahead, and executes nothing', async () => {
    const before = await jobsNow();
    for (const headers of <Record<string, string>[]>[
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example.org' },
      { referer: 'https://evil.example.org/page' },
      { 'sec-fetch-site': 'none', 'sec-purpose': 'prefetch;prerender' },
    ]) {
      for (const method of ['GET', 'HEAD'])
        expect([headers, method, (await open('text=x', headers, 'inputs', method)).status]).toEqual([
          headers,
          method,
          403,
        ]);
    }
    const [status, type] = await problemOf(await open('text=x', { 'sec-fetch-site': 'cross-site' }));
    expect([status, type]).toEqual([403, `${bed.url}/problems/cross-site-request`]);
    expect((await fetch(String(type))).status).toBe(200);
    expect(await jobsNow()).toBe(before);
    expect((await open('text=x', { 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    expect((await open('text=x', { 'sec-fetch-site': 'none' })).status).toBe(200);
  });

  it('takes the token by header only', async () => {
    expect((await open('text=x', {}, 'secured')).status).toBe(401);
    expect((await open(`text=x&token=${TOKEN}`, {}, 'secured')).status).toBe(401);
    const authorization = `Bearer ${TOKEN}`;
    expect((await open('text=x', { authorization }, 'secured')).status).toBe(200);
    expect(await problemOf(await open(`token=${TOKEN}`, { authorization }, 'secured'))).toEqual([
      400,
      `${bed.url}/problems/invalid-request`,
      ['token'],
    ]);
  });

  it('is done once for each Idempotency-Key', async () => {
    const key = { 'idempotency-key': '"a-key-of-get"', prefer: 'respond-async' };
    const [one, other] = [await open('text=x', key), await open('TEXT=x', key)];
    expect(other.headers.get('location')).toBe(one.headers.get('location'));
    expect((await open('text=y', key)).status).toBe(422);
  });

  it('names every fault by its parameter, also those that validation finds', async () => {
    const response = await open('Integer=11&number=x&object=%7B&list=1&image[href]=ftp://x&nothing=1&utm_source=x');
    expect(await problemOf(response)).toEqual([
      400,
      `${bed.url}/problems/invalid-request`,
      ['nothing', 'object', 'number', 'Integer', 'list', 'image[href]'],
    ]);
  });

  it('2.0 /req/kvp-execute/input-query-parameters: each input is a parameter of its name, whatever its case', async () => {
    expect(await received('TEXT=a&Number=2')).toEqual({ text: 'a', number: 2 });
    const { paths } = await json<Definition>('/openapi');
    const names = paths['/processes/inputs/execution']?.['get']?.parameters?.map(({ name }) => name) ?? [];
    const { inputs } = await json<{ inputs: object }>('/processes/inputs');
    expect(names).toEqual(expect.arrayContaining(Object.keys(inputs)));
  });

  it('2.0 /req/kvp-execute/input-query-parameter-values: values stand in the query, or where it leads', async () => {
    expect(await received('text=a')).toEqual({ text: 'a' });
    const href = `${bed.url}/conformance`;
    expect(await received(`object[href]=${encodeURIComponent(href)}`)).toEqual({ object: { href } });
    expect((await open(`list[href]=${encodeURIComponent(href)}`)).status).toBe(400);
  });

  it('2.0 /req/kvp-execute/string-input-value: a text is as it is', async () => {
    expect(await received('text=String+value%2C+%22%C3%A4%22')).toEqual({ text: 'String value, "ä"' });
    expect(await received('text=5')).toEqual({ text: '5' });
  });

  it('2.0 /req/kvp-execute/numeric-input-value: a number is one', async () => {
    expect(await received('number=3.14159&integer=10')).toEqual({ number: 3.14159, integer: 10 });
    expect((await open('integer=1.5')).status).toBe(400);
  });

  it('2.0 /req/kvp-execute/boolean-input-value: a truth value is true or false', async () => {
    expect(await received('flag=true')).toEqual({ flag: true });
    expect((await open('flag=yes')).status).toBe(400);
  });

  it('2.0 /req/kvp-execute/complex-input-value: an object is JSON, escaped', async () => {
    const object = { property1: 'value1', property5: [true] };
    expect(await received(`object=${encodeURIComponent(JSON.stringify(object))}`)).toEqual({ object });
  });

  it('2.0 /req/kvp-execute/array-input-value: an array is JSON, escaped', async () => {
    expect(await received('list=%5B%5B1%2C2%5D%2C%5B%22a%22%5D%5D')).toEqual({ list: [[1, 2], ['a']] });
  });

  it('2.0 /req/kvp-execute/binary-input-value: binary data is base64', async () => {
    expect(await received(`image=${encodeURIComponent(PNG)}`)).toEqual({ image: PNG });
    expect((await open('image=%23')).status).toBe(400);
  });

  it('2.0 /req/kvp-execute/binary-input-value-qualified: with a media type it stands in [value] and [mediaType]', async () => {
    const value = encodeURIComponent(PNG);
    expect(await received(`image[value]=${value}&image[mediaType]=image/png`)).toEqual({
      image: { value: PNG, mediaType: 'image/png' },
    });
  });

  it('2.0 /req/kvp-execute/bbox-input-value: a bounding box is four or six numbers', async () => {
    expect(await received('box=51.9,7,52,7.1')).toEqual({ box: { bbox: [51.9, 7, 52, 7.1] } });
    expect(await problemOf(await open('box=1,2,3'))).toEqual([400, `${bed.url}/problems/invalid-request`, ['box']]);
  });

  it('2.0 /req/kvp-execute/bbox-crs-input-value: its CRS stands in [crs]', async () => {
    const crs = 'http://www.opengis.net/def/crs/EPSG/0/4326';
    expect(await received(`box=51.9,7,52,7.1&box[crs]=${crs}`)).toEqual({ box: { bbox: [51.9, 7, 52, 7.1], crs } });
  });

  it('2.0 /req/kvp-execute/input-by-reference: a link stands in [href], with what else it says; of several in JSON', async () => {
    const href = `${bed.url}/conformance`;
    const type = 'application/json';
    expect(await received(`object[href]=${href}&object[type]=${type}`)).toEqual({ object: { href, type } });
    const links = encodeURIComponent(JSON.stringify({ href }));
    expect(await received(`shapes=${links},${links}`)).toEqual({ shapes: [{ href }, { href }] });
  });

  it('2.0 /req/kvp-execute/input-cardinality: several values are divided by commas', async () => {
    expect(await received('colours=blue,green%2Cred')).toEqual({ colours: ['blue', 'green,red'] });
    const shapes = [{ a: [1, 2] }, { b: 'x,y' }];
    expect(await received(`shapes=${shapes.map((shape) => encodeURIComponent(JSON.stringify(shape))).join()}`)).toEqual(
      {
        shapes,
      },
    );
    expect(await problemOf(await open('colours=a,b,c,d'))).toEqual([
      400,
      `${bed.url}/problems/invalid-request`,
      ['colours'],
    ]);
  });

  it('2.0 /req/kvp-execute/output: [include] asks for outputs, [mediaType] for their format; all without asks for all', async () => {
    const given = 'stringInput=Value1&doubleInput=2.5';
    const ask = (query: string) => open(`${given}&${query}`, {}, 'echo');
    expect(await (await ask('stringOutput[include]=true')).text()).toBe('Value1');
    const several = await ask(
      'stringOutput[include]=true&doubleOutput[include]=true&doubleOutput[mediaType]=application/json',
    );
    expect(await several.json()).toEqual({ stringOutput: 'Value1', doubleOutput: 2.5 });
    expect(await (await ask('')).json()).toEqual({ stringOutput: 'Value1', doubleOutput: 2.5 });
    expect((await open('text=x&inputs[include]=false')).status).toBe(204);
    expect(
      await problemOf(
        await ask('stringOutput[include]=true&doubleOutput[include]=true&doubleOutput[mediaType]=image/png'),
      ),
    ).toEqual([400, `${bed.url}/problems/invalid-request`, ['doubleOutput[mediaType]']]);
    expect(await problemOf(await ask('none[include]=true'))).toEqual([400, `${EXCEPTIONS}no-such-output`, ['none']]);
  });

  it('2.0 /req/kvp-execute/prefer-definition: response[prefer] is a parameter', async () => {
    const { paths } = await json<Definition>('/openapi');
    const operation = paths['/processes/inputs/execution']?.['get'];
    expect(operation?.parameters?.find(({ name }) => name === 'response')).toMatchObject({
      in: 'query',
      required: false,
      style: 'deepObject',
      schema: { type: 'object', properties: { prefer: { type: 'string' } } },
    });
  });

  it('2.0 /req/kvp-execute/prefer-response: it does what the header Prefer does', async () => {
    const response = await open('text=x&response[prefer]=handling%3Dlenient%2C%20respond-async');
    expect([response.status, response.headers.get('preference-applied')]).toEqual([201, 'respond-async']);
    expect(response.headers.get('location')).toContain(`${bed.url}/jobs/`);
  });

  it('2.0 /req/kvp-execute/f-definition: response[f] is a parameter', async () => {
    const { paths } = await json<Definition>('/openapi');
    const operation = paths['/processes/inputs/execution']?.['get'];
    expect(operation?.parameters?.find(({ name }) => name === 'response')).toMatchObject({
      schema: { properties: { f: { type: 'string' } } },
    });
  });

  it('2.0 /req/kvp-execute/f-response: it does what the header Accept does', async () => {
    const given = 'stringInput=Value1&doubleInput=2.5&response[f]=';
    const parts = await open(`${given}multipart%2Frelated%2C%20application%2Fjson%3Bq%3D0.5`, {}, 'echo');
    expect(parts.headers.get('content-type')).toMatch(/^multipart\/related/);
    const document = await open(`${given}application%2Fjson`, { accept: 'multipart/related' }, 'echo');
    expect(document.headers.get('content-type')).toMatch(/^application\/json/);
  });
});
