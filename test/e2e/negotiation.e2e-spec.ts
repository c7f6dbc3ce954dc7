import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { rawGet } from '../support/http.js';
import { TestBed, TOKEN } from '../support/test-bed.js';

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.start({ MAX_REQUEST_BYTES: String(1024 * 1024) });
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const RESOURCES = ['/', '/conformance', '/processes', '/processes/hello', '/jobs', '/problems', '/problems/failed'];
interface Answer {
  readonly links?: { rel: string; href: string; type?: string }[];
  readonly errors?: { pointer: string }[];
  readonly type?: string;
}
const ask = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(bed.url + path, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, type: response.headers.get('content-type') ?? '', text };
};
const problemOf = ({ text }: { text: string }) => JSON.parse(text) as Answer;

describe('the format of an answer', () => {
  it.each(RESOURCES)('of %s is what Accept or f asks for', async (path) => {
    const types = async (accept: string, f = '') => (await ask(path + f, { headers: { accept } })).type.split(';')[0];
    expect(await types('*/*')).toBe('application/json');
    expect(await types('text/html;q=0.4, application/json;q=0.5')).toBe('application/json');
    expect(await types('text/html;q=0.6, application/json;q=0.5')).toBe('text/html');
    expect(await types('application/json', '?f=html')).toBe('text/html');
    expect(await types('text/html', '?f=json')).toBe('application/json');
  });

  it.each(RESOURCES)('of %s that there is not is a problem: 406 for Accept, 400 for f', async (path) => {
    const refused = await ask(path, { headers: { accept: 'image/png' } });
    expect([refused.status, refused.type, problemOf(refused).type]).toEqual([
      406,
      'application/problem+json',
      `${bed.url}/problems/not-acceptable`,
    ]);
    const unknown = await ask(`${path}?f=xml`);
    expect([unknown.status, problemOf(unknown).errors?.map(({ pointer }) => pointer)]).toEqual([400, ['f']]);
  });

  it.each(RESOURCES)('of %s has others, that it links to', async (path) => {
    const { text, headers } = await ask(path);
    const { links } = JSON.parse(text) as Answer;
    const alternate = links
      ? links.find(({ rel }) => rel === 'alternate')?.href
      : /<([^>]+)>; rel="alternate"/.exec(headers.get('link') ?? '')?.[1];
    expect((await fetch(alternate ?? '')).headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('vary')).toMatch(/\bAccept\b/);
  });
});

describe('a document that the client has already', () => {
  it.each([...RESOURCES, '/openapi'])('%s is not sent again', async (path) => {
    const { headers } = await rawGet(bed.url + path);
    const etag = String(headers['etag']);
    expect(etag).toMatch(/^W\/".+"$/);
    expect(headers['cache-control']).toBe('no-cache');
    for (const condition of [etag, `"other", ${etag}`, etag.slice(2), '*']) {
      const again = await rawGet(bed.url + path, { 'if-none-match': condition });
      expect([condition, again.status, again.body.length, again.headers['etag']]).toEqual([condition, 304, 0, etag]);
    }
    expect((await rawGet(bed.url + path, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('in one format or language is none in another', async () => {
    const tags = await Promise.all([
      rawGet(`${bed.url}/`),
      rawGet(`${bed.url}/`, { accept: 'text/html' }),
      rawGet(`${bed.url}/`, { 'accept-language': 'de' }),
    ]);
    expect(new Set(tags.map(({ headers }) => headers['etag'])).size).toBe(3);
  });

  it('is never a problem', async () => {
    const { status, headers } = await rawGet(`${bed.url}/processes/none`, { 'if-none-match': '*' });
    expect([status, headers['etag']]).toEqual([404, undefined]);
  });
});

describe('a method', () => {
  it.each([
    ['/', 'GET, HEAD, OPTIONS'],
    ['/processes', 'GET, HEAD, OPTIONS'],
    ['/processes/hello', 'GET, HEAD, OPTIONS'],
    ['/processes/hello/execution', 'OPTIONS, POST'],
    ['/processes/hello/validation', 'OPTIONS, POST'],
    ['/jobs', 'GET, HEAD, OPTIONS'],
    ['/jobs/x', 'DELETE, GET, HEAD, OPTIONS'],
    ['/jobs/x/results', 'GET, HEAD, OPTIONS'],
    ['/problems/', 'GET, HEAD, OPTIONS'],
  ])('that %s has not is refused with those that it has, which OPTIONS names', async (path, allowed) => {
    for (const method of ['PUT', 'PATCH', ...(allowed.includes('POST') ? ['GET'] : ['POST'])]) {
      const refused = await ask(path, { method });
      expect([method, refused.status, refused.headers.get('allow'), refused.type]).toEqual([
        method,
        405,
        allowed,
        'application/problem+json',
      ]);
    }
    const options = await ask(path, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow'), options.text]).toEqual([204, allowed, '']);
  });

  it('of a path that there is not is 404', async () => {
    for (const method of ['GET', 'PUT', 'OPTIONS']) expect((await ask('/nothing', { method })).status).toBe(404);
  });

  it('HEAD answers what GET does, without the body', async () => {
    for (const path of [...RESOURCES, '/openapi', '/processes/none', '/processes?f=html']) {
      const [head, get] = await Promise.all([ask(path, { method: 'HEAD' }), ask(path)]);
      expect([path, head.status, head.type, head.headers.get('etag'), head.text]).toEqual([
        path,
        get.status,
        get.type,
        get.headers.get('etag'),
        '',
      ]);
    }
  });
});

describe('a body', () => {
  const post = (type: string, body: string) =>
    ask('/processes/lines/execution', { method: 'POST', body, headers: { 'content-type': type } });

  it('that is no JSON is refused: 415 for its type, 400 for its syntax, 413 for its size', async () => {
    const answers = [
      await post('text/plain', '{}'),
      await post('application/xml', '<a/>'),
      await post('application/x-www-form-urlencoded', 'inputs='),
      await post('application/json', '{'),
      await post('application/json', JSON.stringify({ inputs: { text: 'x'.repeat(2 * 1024 * 1024) } })),
    ];
    expect(answers.map(({ status, type }) => [status, type])).toEqual(
      [415, 415, 415, 400, 413].map((status) => [status, 'application/problem+json']),
    );
    expect((JSON.parse(answers[4]?.text ?? '') as { detail: string }).detail).toMatch(
      /reads at most 1048576 bytes of a body .* has 20971\d\d bytes \(Content-Length\)/,
    );
  });

  it('in a content coding is read within the same limit, and refused where it is another one', async () => {
    const send = (coding: string, body: Buffer<ArrayBuffer>) =>
      ask('/processes/inputs/execution', {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', 'content-encoding': coding },
      });
    const inputs = { text: 'Grüße '.repeat(1_000) };
    const body = Buffer.from(JSON.stringify({ inputs }));
    for (const [coding, encode] of Object.entries({ gzip: gzipSync, zstd: zstdCompressSync })) {
      const answer = await send(coding, encode(body));
      expect([coding, answer.status, JSON.parse(answer.text)]).toEqual([coding, 200, inputs]);
      const bomb = await send(coding, encode(Buffer.alloc(50_000_000, ' ')));
      expect([bomb.status, problemOf(bomb).type]).toEqual([413, `${bed.url}/problems/content-too-large`]);
    }
    const other = await send('deflate', deflateSync(body));
    expect([other.status, other.headers.get('accept-encoding'), problemOf(other).type]).toEqual([
      415,
      'gzip, zstd, br',
      `${bed.url}/problems/unsupported-content-coding`,
    ]);
  });
});

describe('what would run', () => {
  interface Validation {
    readonly valid: boolean;
    readonly kubeJob: {
      kind: string;
      metadata: { annotations: Record<string, string> };
      spec: { template: { spec: { containers: { env: { name: string; value?: string }[] }[] } } };
    };
  }
  const validate = (process: string, body: object, headers: Record<string, string> = {}) =>
    ask(`/processes/${process}/validation`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  const numberOfJobs = async () => (JSON.parse((await ask('/jobs')).text) as { numberMatched: number }).numberMatched;

  it('is the Job, with secrets masked, and nothing is created', async () => {
    const before = await numberOfJobs();
    const { status, text } = await validate('inputs', { inputs: { text: 'hello', password: 'hush-hush' } });
    const { valid, kubeJob } = JSON.parse(text) as Validation;
    expect([status, valid, kubeJob.kind]).toEqual([200, true, 'Job']);
    expect(text).not.toContain('hush-hush');
    const [container] = kubeJob.spec.template.spec.containers;
    expect(container?.env.find(({ name }) => name === 'PYGEOAPI_K8S_MANAGER_INPUTS')?.value).toBe(
      '{"text":"hello","password":"*"}',
    );
    expect(await numberOfJobs()).toBe(before);
  });

  it('is what executing makes', async () => {
    const { kubeJob } = JSON.parse((await validate('lines', {})).text) as Validation;
    const jobId = await bed.submit('lines');
    const made = (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(jobId));
    const expected = JSON.stringify(kubeJob.spec.template.spec).replaceAll(
      kubeJob.metadata.annotations['pygeoapi.io/identifier'] ?? '',
      jobId,
    );
    expect(made?.spec?.template.spec).toMatchObject(JSON.parse(expected) as object);
    await bed.ended(jobId);
  });

  it('is every fault of a request that is wrong', async () => {
    const answer = await validate('inputs', { inputs: { number: 'x', other: 1 }, response: 'none' });
    expect([
      answer.status,
      problemOf(answer)
        .errors?.map(({ pointer }) => pointer)
        .sort(),
    ]).toEqual([400, ['/inputs/number', '/inputs/other', '/inputs/text', '/response']]);
  });

  it('is told to who may execute', async () => {
    expect((await validate('environment', {})).status).toBe(401);
    expect((await validate('environment', {}, { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
    expect((await validate('none', {})).status).toBe(404);
  });
});
