import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { jsonText } from '../support/json-arbitraries.js';
import { partsOf } from '../support/multipart.js';
import { Receiver } from '../support/receiver.js';
import { type StatusInfo, TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** `exact` gives back what it gets, `passes` its variable, whatever that holds; the others print numbers of their own. */
const PROCESSES = `
  exact:
    type: process
    processor: &exact
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: ogc-processes-k8s/echo:latest
      check_auth: false
      metadata: &exact-metadata
        jobControlOptions: [sync-execute, async-execute]
        outputTransmission: [value, reference]
        inputs:
          anyInput: { minOccurs: 0, schema: {} }
          otherInput: { minOccurs: 0, schema: {} }
          numberInput: { minOccurs: 0, schema: { type: number } }
          integerInput: { minOccurs: 0, schema: { type: integer, minimum: -5 } }
        outputs: { anyOutput: { schema: {} }, otherOutput: { schema: {} }, numberOutput: { schema: {} }, integerOutput: { schema: {} } }
  passes:
    type: process
    processor:
      <<: *image
      metadata: { <<: *both, outputs: { inputs: { schema: {} } } }
      command: [sh, -c, 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; printf %s "$PYGEOAPI_K8S_MANAGER_INPUTS"']
  prints-one:
    type: process
    processor:
      <<: *image
      mimetype: application/json
      metadata: { <<: *both, outputs: { one: { schema: { type: object } } } }
      command: [sh, -c, 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo ''{"id":12345678901234567890,"one":1.0}''']
  prints-two:
    type: process
    processor:
      <<: *image
      mimetype: application/json
      metadata: { <<: *both, outputs: { id: { schema: { type: integer } }, one: { schema: { type: number } } } }
      command: [sh, -c, 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo ''{"id":12345678901234567890,"one":1.0}''']
`;

let bed: TestBed;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
  bed = await TestBed.start({ SUBSCRIBER_ALLOWED_HOSTS: receiver.host }, { configuration: (text) => text + PROCESSES });
});
afterAll(async () => {
  await (bed as TestBed | undefined)?.stop();
  await (receiver as Receiver | undefined)?.down();
});

function post(path: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) {
  return fetch(bed.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body as BodyInit,
  });
}
const execute = (process: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
  post(`/processes/${process}/execution`, body, headers);
async function textOf(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  const text = await response.text();
  expect([response.status, text]).toEqual([200, text]);
  return text;
}
async function problemOf(answer: Promise<Response>) {
  const response = await answer;
  return { status: response.status, ...((await response.json()) as object) };
}

describe('numbers', () => {
  it.each([
    '{"n":12345678901234567890}',
    '{"i":9007199254740993}',
    '{"n":1e400}',
    '{"n":1.0}',
    '{"n":[-0,0.10,1E5,1e-400,123456789012345678901234567890.12345678901234567890]}',
  ])('%s reaches the container as it was written', async (inputs) => {
    expect(await textOf(execute('passes', `{"inputs": ${inputs}}`))).toBe(inputs);
  });

  it('of a result stand so in a document, and in each of several outputs that one JSON serves', async () => {
    const document = '{"inputs": {}, "response": "document"}';
    expect(await textOf(execute('prints-one', '{}'))).toBe('{"id":12345678901234567890,"one":1.0}');
    expect(await textOf(execute('prints-one', document))).toBe(
      '{"one":{"value":{"id":12345678901234567890,"one":1.0}}}',
    );
    expect(await textOf(execute('prints-two', document))).toBe('{"id":12345678901234567890,"one":1.0}');
    expect(await textOf(execute('prints-two', '{"outputs": {"one": {}}}'))).toBe('1.0');
    const raw = await execute('prints-two', '{"inputs": {}}');
    expect((await partsOf(raw)).map(({ body }) => body.toString())).toEqual(['12345678901234567890', '1.0']);
  });

  it('stand so on the page of the results, and in what the Job notes of its inputs', async () => {
    const created = await execute('exact', '{"inputs": {"integerInput": 12345678901234567890}}', {
      prefer: 'respond-async',
    });
    const { jobID } = (await created.json()) as StatusInfo;
    await bed.ended(jobID);
    expect(await textOf(bed.get(`/jobs/${jobID}/results?f=html`))).toContain('12345678901234567890');
    const { metadata } =
      (await bed.cluster.kubeJobs()).find(({ metadata: found }) => found?.name?.endsWith(jobID)) ?? {};
    expect(metadata?.annotations?.['pygeoapi.io/parameters']).toBe('{"integerInput":12345678901234567890}');
  });

  it('stand so in the preview of what would run', async () => {
    const preview = await textOf(post('/processes/passes/validation', '{"inputs": {"n": 1e400, "token_": 1.0}}'));
    expect(preview).toContain(String.raw`{\"n\":1e400,\"token_\":\"*\"}`);
  });

  it('of a form reach the container so', async () => {
    const form = new URLSearchParams({
      'input.numberInput': '1.0',
      'input.integerInput': '12345678901234567890',
      'input.anyInput': '[1e400, {"__proto__": 0.10}]',
    });
    const response = await fetch(`${bed.url}/processes/exact/form`, {
      method: 'POST',
      body: form,
      headers: { 'sec-fetch-site': 'same-origin' },
      redirect: 'manual',
    });
    expect(response.status).toBe(303);
    const jobId = new URL(response.headers.get('location') ?? '').pathname.split('/').at(-1) ?? '';
    await bed.ended(jobId);
    const outputs = ['numberOutput', 'integerOutput', 'anyOutput'].map((id) =>
      textOf(bed.get(`/jobs/${jobId}/results/${id}`)),
    );
    expect(await Promise.all(outputs)).toEqual(['1.0', '12345678901234567890', '[1e400,{"__proto__":0.10}]']);
  });

  it('stand so in what subscribers are told', async () => {
    const successUri = receiver.url('/exact');
    const rest = `"outputs": {"anyOutput": {}}, "subscriber": {"successUri": "${successUri}"}`;
    const body = `{"inputs": {"anyInput": [12345678901234567890, 1.0]}, ${rest}}`;
    expect((await execute('exact', body, { prefer: 'respond-async' })).status).toBe(201);
    const call = await eventually('the message', async () => {
      const [first] = receiver.at('/exact');
      return first ?? Promise.reject(new Error('none yet'));
    });
    expect(call.body).toBe('{"anyOutput":[12345678901234567890,1.0]}');
  });

  it('make another request: an Idempotency-Key with …890 and then with …891 is refused', async () => {
    const headers = { 'idempotency-key': `"${randomUUID()}"`, prefer: 'respond-async' };
    const send = (digit: string) =>
      execute('exact', `{"inputs": {"integerInput": 1234567890123456789${digit}}}`, headers);
    const first = (await (await send('0')).json()) as StatusInfo;
    expect(((await (await send('0')).json()) as StatusInfo).jobID).toBe(first.jobID);
    expect(await problemOf(send('1'))).toMatchObject({
      status: 422,
      type: expect.stringMatching(/\/problems\/idempotency-key-reused$/),
    });
  });

  it('are validated as they were written', async () => {
    const faults = await problemOf(execute('exact', '{"inputs": {"integerInput": 9007199254740992.5}}'));
    expect(faults).toMatchObject({
      status: 400,
      errors: [{ pointer: '/inputs/integerInput', message: 'must be an integer (is 9007199254740992.5)' }],
    });
    expect(await textOf(execute('exact', '{"inputs": {"integerInput": 1.0}, "outputs": {"integerOutput": {}}}'))).toBe(
      '1.0',
    );
  });
});

describe('keys', () => {
  it('named __proto__ and constructor are ordinary data', async () => {
    const inputs = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":1.0}},"toString":1}';
    expect(await textOf(execute('passes', `{"inputs": ${inputs}}`))).toBe(inputs);
    const body = `{"inputs": {"anyInput": {"value": ${inputs}}}, "outputs": {"anyOutput": {}}, "response": "document"}`;
    expect(await textOf(execute('exact', body))).toBe(`{"anyOutput":{"value":${inputs}}}`);
  });

  it.each([
    ['{"inputs": {"n": 1, "n": 2}}', '/inputs/n'],
    ['{"inputs": {"n": 1, "n": 1}}', '/inputs/n'],
    ['{"inputs": {}, "inputs": {}}', '/inputs'],
    ['{"inputs": {"a": [{"b/c": 1, "b\\u002fc": 1}]}}', '/inputs/a/0/b~1c'],
  ])('given twice are refused: %s', async (body, pointer) => {
    const before = (await bed.cluster.kubeJobs()).length;
    expect(await problemOf(execute('passes', body))).toMatchObject({
      status: 400,
      type: expect.stringMatching(/\/problems\/invalid-request$/),
      errors: [{ pointer, message: expect.stringContaining('second time') }],
    });
    expect((await bed.cluster.kubeJobs()).length).toBe(before);
  });
});

describe('a body', () => {
  it.each([
    ['{"inputs": {\n  "n": 1,\n}}', 3, 1, 'a key in double quotes'],
    ['{"inputs": {"n": NaN}}', 1, 18, 'a value (JSON has no NaN and no Infinity)'],
    ['{"inputs": {"n": 1', 1, 19, 'a comma or }'],
    ['', 1, 1, 'a value'],
  ])('that is no JSON is told by line, column and what was expected: %j', async (body, line, column, expected) => {
    const problem = await problemOf(execute('passes', body));
    expect(problem).toMatchObject({
      status: 400,
      line,
      column,
      expected,
      detail: expect.stringContaining(`Expected ${expected} at line ${line}, column ${column}`),
    });
    const { type } = problem as unknown as { type: string };
    expect(type).toMatch(/\/problems\/malformed-json$/);
    expect((await fetch(type)).status).toBe(200);
  });

  it('that is no UTF-8 is refused', async () => {
    const bytes = Buffer.concat([Buffer.from('{"inputs": {"text": "'), Buffer.from([0xe4]), Buffer.from('"}}')]);
    expect(await problemOf(execute('passes', bytes))).toMatchObject({ status: 400, expected: 'UTF-8', column: 22 });
  });

  it('that is nested too deep is refused, however deep', async () => {
    const body = `{"inputs": {"a": ${'['.repeat(200_000)}${']'.repeat(200_000)}}}`;
    expect(await problemOf(execute('passes', body))).toMatchObject({
      status: 400,
      errors: [{ pointer: '', message: 'must not be nested deeper than 500 levels' }],
    });
  });
});

describe('random JSON', () => {
  const seed = Number(process.env['TEST_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
  // Each run is three jobs.
  const RUNS = 6;
  /** What fits an environment variable twice. */
  const values = fc
    .array(jsonText, { minLength: 20, maxLength: 30 })
    .map((items) => `[${items.join(',')}]`)
    .filter((text) => Buffer.byteLength(text) < 50_000);

  it(`goes through input, echo and result unchanged, by value and reference, raw and in a document (TEST_SEED=${seed})`, async () => {
    const inputs = (one: string, other: string) => `{"anyInput":{"value":${one}},"otherInput":{"value":${other}}}`;
    await fc.assert(
      fc.asyncProperty(values, values, async (one, other) => {
        const body = (rest: string) => `{"inputs":${inputs(one, other)},${rest}}`;
        expect(await textOf(execute('exact', body('"outputs":{"otherOutput":{}}')))).toBe(other);
        expect(await textOf(execute('exact', body('"response":"document"')))).toBe(
          `{"anyOutput":${one},"otherOutput":${other}}`,
        );
        const outputs =
          '"outputs":{"anyOutput":{"transmissionMode":"reference"},"otherOutput":{}},"response":"document"';
        const document = await textOf(execute('exact', body(outputs)));
        const [, href = ''] = /^\{"anyOutput":\{"href":"([^"]*)"/.exec(document) ?? [];
        expect(await textOf(fetch(href))).toBe(one);
        expect(document.endsWith(`"otherOutput":${other}}`)).toBe(true);
      }),
      { numRuns: RUNS, seed, endOnFailure: true },
    );
  });
});
