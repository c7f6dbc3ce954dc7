import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestBed, TOKEN } from '../support/test-bed.js';

interface Schema {
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly pattern?: string;
  readonly maxLength?: number;
}
interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'header' | 'path';
  readonly schema: Schema;
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, unknown>>;
}
type Method = 'get' | 'post' | 'delete';

let bed: TestBed;
let paths: Readonly<Record<string, Partial<Record<Method, Operation>>>>;
/** Jobs of processes that ask for no token, and for one; both have a result. */
const jobs = { hello: '', environment: '' };

beforeAll(async () => {
  bed = await TestBed.start(
    {},
    { configuration: (text) => text.replace('finalizer_controller: true', '$&\n    results: token') },
  );
  paths = ((await (await bed.get('/openapi')).json()) as { paths: typeof paths }).paths;
  jobs.hello = await bed.submit('hello', { name: 'you' });
  jobs.environment = await bed.submit('environment', {}, { token: TOKEN });
  await Promise.all(Object.values(jobs).map((id) => bed.until(id, 'successful')));
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const operations = () =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method as Method, operation })),
  );

type Process = keyof typeof jobs;

/** The address of an operation, with a process or a job of it, and the only result that it has. */
function addressOf(path: string, process: Process): string {
  return path
    .replace('{processId}', process)
    .replace('{jobId}', jobs[process])
    .replace('{outputId}', 'result')
    .replace('{index}', '0');
}

function ask(method: Method, address: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  // Which is refused, once its headers are found to be right.
  const [body, type] = address.endsWith('/form')
    ? ['more.response=neither', 'application/x-www-form-urlencoded']
    : ['{"inputs": 5}', 'application/json'];
  const sent = { 'content-type': type, accept: 'application/json', ...headers };
  return fetch(bed.url + address, {
    method: method.toUpperCase(),
    headers: method === 'post' ? sent : headers,
    ...(method === 'post' ? { body } : {}),
  });
}

describe('the security requirements of the API definition', () => {
  it('are met by everybody wherever nobody is asked for a token, and stand wherever somebody is', async () => {
    const wrong: unknown[] = [];
    for (const { path, method, operation } of operations()) {
      if (method === 'delete') continue;
      const { security = [] } = operation;
      const isDemanded = security.length > 0 && security.every((requirement) => Object.keys(requirement).length > 0);
      const statuses = await Promise.all(
        (['hello', 'environment'] as const).map(async (process) => {
          const response = await ask(method, addressOf(path, process));
          await response.body?.cancel();
          return response.status;
        }),
      );
      const isRefused = statuses.map((status) => status === 401);
      const isRight = isDemanded ? isRefused.every(Boolean) : security.length > 0 || !isRefused.some(Boolean);
      const isOptional = security.length > 0 && !isDemanded;
      if (!isRight || (isOptional && isRefused.every(Boolean))) wrong.push({ method, path, security, statuses });
      if (isRefused.some(Boolean) && !('401' in operation.responses || 'default' in operation.responses))
        wrong.push({ method, path, undocumented: 401 });
    }
    expect(wrong).toEqual([]);
  });

  it('demand the token of no list, status or result, and of processes that ask for it', () => {
    const isDemanded = (path: string, method: Method) => {
      const { security = [] } = paths[path]?.[method] ?? {};
      return security.length > 0 && !security.some((requirement) => Object.keys(requirement).length === 0);
    };
    expect(['/jobs', '/jobs/{jobId}', '/jobs/{jobId}/results'].map((path) => isDemanded(path, 'get'))).toEqual([
      false,
      false,
      false,
    ]);
    expect([
      paths['/processes/hello/execution']?.post?.security,
      isDemanded('/processes/hello/execution', 'post'),
    ]).toEqual([undefined, false]);
    expect(isDemanded('/processes/environment/execution', 'post')).toBe(true);
  });
});

/** Values that a schema lets pass, and that it does not. Undefined where it says nothing that could be tried. */
function valuesOf({ items, ...schema }: Schema): { within: string[]; beyond: string[] } | undefined {
  if (items) return valuesOf(items);
  if (schema.enum) return { within: [...schema.enum], beyond: ['other'] };
  if (schema.type === 'boolean') return { within: ['true', 'false'], beyond: ['maybe'] };
  if (schema.type === 'integer') {
    const { minimum = -1e9, maximum } = schema;
    return {
      within: [String(minimum), String(maximum ?? '9'.repeat(30))],
      beyond: [String(minimum - 1), '1.5', 'x', ...(maximum === undefined ? [] : [String(maximum + 1)])],
    };
  }
  if (schema.maxLength !== undefined)
    return { within: ['x'.repeat(schema.maxLength)], beyond: ['x'.repeat(schema.maxLength + 1)] };
  if (schema.pattern === undefined) return undefined;
  const pattern = new RegExp(schema.pattern);
  const tried = [
    ...['created', '-started', '+finished', 'processID', 'status', '--created', ''],
    ...['a', 'a b', '"a b"', '"', '""', '"a\\"b"', '"a"b"', 'a,b', '"a,b"', 'a\\b'],
    ...[255, 256].flatMap((length) => ['x'.repeat(length), `"${'x'.repeat(length)}"`, `"${'\\"'.repeat(length)}"`]),
  ];
  return {
    within: tried.filter((text) => pattern.test(text)),
    // Without a value a parameter is as if it were not there.
    beyond: tried.filter((text) => text !== '' && !pattern.test(text)),
  };
}

/** What the standard documents so, and demands to be taken all the same. */
const TAKEN_BEYOND: Readonly<Record<string, RegExp>> = {
  // OGC API - Processes 1.0, /req/core/pl-limit-response: a larger limit is served as the largest.
  'GET /processes limit': /^\d+$/,
  // The only type of 1.0; of another there are no jobs.
  'GET /jobs type': /./,
  'GET /jobs/events type': /./,
};

describe('the limits of parameters in the API definition', () => {
  it('are those of the server, to the last value', async () => {
    const wrong: unknown[] = [];
    const tried = new Set<string>();
    for (const { path, method, operation } of operations())
      for (const parameter of operation.parameters ?? []) {
        const values = valuesOf(parameter.schema);
        // Of each process alike, and tried of the template.
        if (parameter.in === 'path' || method === 'delete' || !values) continue;
        const what = `${method.toUpperCase()} ${path} ${parameter.name}`;
        tried.add(what);
        const isRefused = async (value: string) => {
          const address = addressOf(path, 'hello');
          const query = new URLSearchParams({ [parameter.name]: value });
          const response = await (parameter.in === 'query'
            ? ask(method, `${address}?${query}`)
            : ask(method, address, { [parameter.name]: value }));
          const { status } = response;
          // Which has no end.
          if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
            await response.body?.cancel();
            return false;
          }
          const text = await response.text();
          if (status < 400 || status === 416) return false;
          // A page, of what is not there.
          if (text.startsWith('<')) return status === 400;
          const { errors = [] } = JSON.parse(text) as { errors?: readonly { pointer: string }[] };
          return status === 431 || errors.some(({ pointer }) => pointer === parameter.name);
        };
        for (const value of values.within) if (await isRefused(value)) wrong.push({ what, refused: value });
        for (const value of values.beyond)
          if (!TAKEN_BEYOND[what]?.test(value) && !(await isRefused(value))) wrong.push({ what, taken: value });
      }
    expect(wrong).toEqual([]);
    expect([...tried]).toEqual(
      expect.arrayContaining([
        'GET /jobs offset',
        'GET /jobs limit',
        'GET /jobs sortby',
        'GET /jobs minDuration',
        'GET /processes offset',
        'GET /jobs/{jobId}/logs attempt',
        'GET /jobs/{jobId}/logs from',
        'POST /processes/{processId}/execution Idempotency-Key',
        'POST /processes/{processId}/execution Prefer',
        'POST /processes/hello/execution Idempotency-Key',
        'POST /processes/hello/form Idempotency-Key',
      ]),
    );
    expect(paths['/jobs']?.get?.parameters?.find(({ name }) => name === 'offset')?.schema.maximum).toBe(1_000_000_000);
  });
});
