import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { partsOf } from '../support/multipart.js';
import { ogcFaults } from '../support/ogc-schemas.js';
import { TestBed, type StatusInfo } from '../support/test-bed.js';

/** Processes that give back text, JSON, bytes, a bounding box and GeoJSON; in both modes, and in one of them. */
const PROCESSES = `
  kinds: &kinds
    type: process
    processor: &echo
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: ogc-processes-k8s/echo:latest
      check_auth: false
      metadata: &metadata
        jobControlOptions: [sync-execute, async-execute]
        inputs:
          textInput: { minOccurs: 0, schema: &text { type: string } }
          jsonInput: { minOccurs: 0, schema: &json { type: object } }
          binaryInput: { minOccurs: 0, schema: &binary { type: string, contentEncoding: base64, contentMediaType: image/png } }
          boxInput: { minOccurs: 0, schema: &box { type: object, format: ogc-bbox } }
          featuresInput: { minOccurs: 0, schema: &features { type: object, format: geojson-feature-collection, contentMediaType: application/geo+json } }
          pause: { minOccurs: 0, schema: { type: integer } }
        outputs:
          textOutput: { schema: *text }
          jsonOutput: { schema: *json }
          binaryOutput: { schema: *binary }
          boxOutput: { schema: *box }
          featuresOutput: { schema: *features }
  kinds-sync:
    type: process
    processor:
      <<: *echo
      metadata: { <<: *metadata, jobControlOptions: [sync-execute], outputTransmission: [value] }
  kinds-async:
    type: process
    processor:
      <<: *echo
      metadata: { <<: *metadata, jobControlOptions: [async-execute] }
`;

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const TEXT = 'Grüße\r\n--\r\n\r\n  世界 ';
const JSON_VALUE = { value: 1, href: 'none', 'a"b': ['\\', null] };
const BOX = { bbox: [51.9, 7, 52, 7.1], crs: 'http://www.opengis.net/def/crs/OGC/1.3/CRS84' };
const FEATURES = { type: 'FeatureCollection', features: [] };
const INPUTS = {
  textInput: TEXT,
  jsonInput: { value: JSON_VALUE },
  binaryInput: PNG,
  boxInput: BOX,
  featuresInput: FEATURES,
};

interface Kind {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly inDocument: unknown;
}
const ofJson = (value: unknown) => Buffer.from(JSON.stringify(value));
const kinds: Readonly<Record<string, Kind>> = {
  textOutput: { mediaType: 'text/plain; charset=utf-8', bytes: Buffer.from(TEXT), inDocument: TEXT },
  jsonOutput: { mediaType: 'application/json', bytes: ofJson(JSON_VALUE), inDocument: { value: JSON_VALUE } },
  binaryOutput: { mediaType: 'image/png', bytes: Buffer.from(PNG, 'base64'), inDocument: PNG },
  boxOutput: { mediaType: 'application/json', bytes: ofJson(BOX), inDocument: BOX },
  featuresOutput: {
    mediaType: 'application/geo+json',
    bytes: ofJson(FEATURES),
    inDocument: { value: FEATURES, mediaType: 'application/geo+json' },
  },
};
const kindOf = (id: string): Kind => kinds[id] as Kind;
const all = Object.keys(kinds);

type Transmission = 'value' | 'reference';
interface Case {
  readonly response: 'raw' | 'document';
  readonly outputs: Readonly<Record<string, Transmission>>;
}
const same = (ids: readonly string[], mode: Transmission) => Object.fromEntries(ids.map((id) => [id, mode]));
const selections: readonly (readonly [string, Case['outputs']])[] = [
  ...all.flatMap((id) => [
    [`${id} by value`, same([id], 'value')] as const,
    [`${id} by reference`, same([id], 'reference')] as const,
  ]),
  ['all by value', same(all, 'value')],
  ['all by reference', same(all, 'reference')],
  ['some by value, some by reference', { ...same(all, 'value'), binaryOutput: 'reference', boxOutput: 'reference' }],
];
const cases = (['raw', 'document'] as const).flatMap((response) =>
  selections.map(([name, outputs]) => [response, name, { response, outputs }] as const),
);

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.start({}, { configuration: (text) => text + PROCESSES });
});
afterAll(() => (bed as TestBed | undefined)?.stop());

interface WebLink {
  readonly href: string;
  readonly rel?: string;
  readonly type?: string;
  readonly id?: string;
}
/** Of `Link` headers (RFC 8288), as this server writes them: no commas or semicolons in quotes but in types. */
const linksOf = ({ headers }: Response): WebLink[] =>
  [...(headers.get('link') ?? '').matchAll(/<([^>]*)>((?:;\s*[\w*]+=(?:"[^"]*"|[^;,\s]*))*)/g)].map(
    ([, href = '', rest = '']) => {
      const parameter = (name: string) => new RegExp(`;\\s*${name}="([^"]*)"`).exec(rest)?.[1];
      const title = /title\*=UTF-8''([^;,]*)/.exec(rest)?.[1];
      return {
        href,
        rel: parameter('rel'),
        type: parameter('type'),
        ...(title ? { id: decodeURIComponent(title) } : {}),
      };
    },
  );
const relOf = (response: Response, rel: string) => linksOf(response).filter((link) => link.rel === rel);

async function expectKind(response: Response, id: string): Promise<void> {
  const { mediaType, bytes } = kindOf(id);
  expect([id, response.status, response.headers.get('content-type'), response.headers.get('content-length')]).toEqual([
    id,
    200,
    mediaType,
    String(bytes.length),
  ]);
  expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
}

/** References lead to the output itself, and nowhere else. */
async function expectReference(href: string, type: string | undefined, id: string): Promise<void> {
  expect([id, type]).toEqual([id, kindOf(id).mediaType]);
  expect(href).toMatch(new RegExp(`^${bed.url}/jobs/[-0-9a-f]{36}/results/${id}$`));
  await expectKind(await fetch(href), id);
}

async function expectParts(response: Response, outputs: Case['outputs']): Promise<void> {
  expect(response.status).toBe(200);
  const length = Number(response.headers.get('content-length'));
  expect((await response.clone().arrayBuffer()).byteLength).toBe(length);
  const parts = await partsOf(response);
  expect(parts.map(({ headers }) => headers['content-id'])).toEqual(all.map((id) => `<${id}>`));
  expect(response.headers.get('content-type')).toContain(`type="${parts[0]?.headers['content-type']}"`);
  for (const [index, { headers, body }] of parts.entries()) {
    const id = all[index] ?? '';
    expect(headers['content-type']).toBe(kindOf(id).mediaType);
    if (outputs[id] === 'reference') {
      expect(body).toHaveLength(0);
      await expectReference(headers['content-location'] ?? '', headers['content-type'], id);
    } else {
      expect([headers['content-location'], headers['content-length']]).toEqual([undefined, String(body.length)]);
      expect(body).toEqual(kindOf(id).bytes);
    }
  }
}

async function expectDocument(response: Response, outputs: Case['outputs']): Promise<void> {
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
  expect(relOf(response, 'profile').map(({ href }) => href)).toEqual([
    'https://www.opengis.net/def/profile/OGC/0/ogc-results',
  ]);
  const document = (await response.json()) as Record<string, { href: string; type: string }>;
  expect(ogcFaults('results', document)).toEqual([]);
  expect(Object.keys(document)).toEqual(Object.keys(outputs));
  for (const [id, value] of Object.entries(document)) {
    if (outputs[id] === 'value') expect([id, value]).toEqual([id, kindOf(id).inDocument]);
    else {
      expect(Object.keys(value)).toEqual(['href', 'type']);
      await expectReference(value.href, value.type, id);
    }
  }
}

/** What a request for results is answered with, at once or later. */
async function expectResults(answer: Response, { response, outputs }: Case): Promise<void> {
  if (response === 'document') return expectDocument(answer, outputs);
  const modes = Object.values(outputs);
  if (!modes.includes('value')) {
    expect([answer.status, await answer.text(), answer.headers.get('content-type')]).toEqual([204, '', null]);
    const items = relOf(answer, 'item');
    expect(items.map(({ id }) => id)).toEqual(Object.keys(outputs));
    for (const { href, type, id = '' } of items) await expectReference(href, type, id);
  } else if (modes.length === 1) await expectKind(answer, Object.keys(outputs)[0] ?? '');
  else await expectParts(answer, outputs);
}

const bodyOf = ({ response, outputs }: Case) => ({
  response,
  outputs: Object.fromEntries(Object.entries(outputs).map(([id, transmissionMode]) => [id, { transmissionMode }])),
});

describe('results', () => {
  it.each(cases)('%s, %s, are as they were asked for: at once, and later', async (_response, _name, asked) => {
    const sync = await bed.execute('kinds', INPUTS, { body: bodyOf(asked) });
    const [monitor] = relOf(sync, 'monitor');
    expect(sync.headers.get('preference-applied')).toBeNull();
    await expectResults(sync, asked);
    await expectResults(await fetch(`${monitor?.href}/results`), asked);

    const accepted = await bed.execute('kinds', INPUTS, { body: bodyOf(asked), prefer: 'respond-async' });
    const status = (await accepted.json()) as StatusInfo;
    expect([accepted.status, accepted.headers.get('location'), accepted.headers.get('preference-applied')]).toEqual([
      201,
      `${bed.url}/jobs/${status.jobID}`,
      'respond-async',
    ]);
    expect([relOf(accepted, 'monitor'), ogcFaults('statusInfo', status)]).toEqual([[], []]);
    await bed.until(status.jobID, 'successful');
    await expectResults(await bed.get(`/jobs/${status.jobID}/results`), asked);
  });

  it('are all outputs where none are named', async () => {
    await expectParts(await bed.execute('kinds', INPUTS), same(all, 'value'));
    await expectDocument(await bed.execute('kinds', INPUTS, { body: { response: 'document' } }), same(all, 'value'));
  });

  it('can be had one by one, whatever was asked for; an output that there is not is 404', async () => {
    const jobId = await bed.submit('kinds', INPUTS, {
      body: bodyOf({ response: 'document', outputs: same(['textOutput'], 'reference') }),
    });
    await bed.until(jobId, 'successful');
    for (const id of all) {
      await expectKind(await bed.get(`/jobs/${jobId}/results/${id}`), id);
      const head = await fetch(`${bed.url}/jobs/${jobId}/results/${id}`, { method: 'HEAD' });
      expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
        200,
        String(kindOf(id).bytes.length),
        '',
      ]);
    }
    const none = await bed.get(`/jobs/${jobId}/results/none`);
    const problem = (await none.json()) as { type: string };
    expect([none.status, problem.type, ogcFaults('exception', problem)]).toEqual([
      400,
      'http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/no-such-output',
      [],
    ]);
  });

  it('can be chosen when they are fetched, too, also others than those of the execute request', async () => {
    const document: Case = { response: 'document', outputs: { textOutput: 'reference', binaryOutput: 'value' } };
    const jobId = await bed.submit('kinds', INPUTS, { body: bodyOf(document) });
    const rawId = await bed.submit('kinds', INPUTS);
    await Promise.all([bed.until(jobId, 'successful'), bed.until(rawId, 'successful')]);
    const results = (id: string, query: string) => bed.get(`/jobs/${id}/results?${query}`);
    await expectDocument(
      await results(jobId, 'outputs=jsonOutput,boxOutput'),
      same(['jsonOutput', 'boxOutput'], 'value'),
    );
    await expectDocument(await results(jobId, 'outputs=textOutput'), { textOutput: 'reference' });
    await expectDocument(await results(jobId, 'outputs='), document.outputs);
    await expectKind(await results(rawId, 'outputs=binaryOutput'), 'binaryOutput');
    const parts = await partsOf(await results(rawId, 'outputs=textOutput&outputs=binaryOutput'));
    expect(parts.map(({ headers, body }) => [headers['content-id'], body])).toEqual([
      ['<textOutput>', kindOf('textOutput').bytes],
      ['<binaryOutput>', kindOf('binaryOutput').bytes],
    ]);
    const page = await results(rawId, 'outputs=textOutput&f=html');
    expect([page.status, (await page.text()).includes('binaryOutput')]).toEqual([200, false]);
    const refused = await results(rawId, 'outputs=textOutput,none');
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      errors: [
        { pointer: 'outputs', message: expect.stringMatching(/ids of outputs.*textOutput.*\(is "none"\)/) as unknown },
      ],
    });
  });

  it('are refused where an output, a mode or a format is not offered, all at once', async () => {
    const outputs = {
      textOutput: { transmissionMode: 'reference', format: { mediaType: 'text/html' } },
      binaryOutput: { format: { mediaType: 'image/png', encoding: 'gzip' } },
      none: {},
    };
    const refused = await bed.execute('kinds-sync', INPUTS, { body: { outputs } });
    const { errors } = (await refused.json()) as { errors: { pointer: string; message: string }[] };
    expect([refused.status, errors]).toEqual([
      400,
      [
        { pointer: '/outputs/textOutput/transmissionMode', message: 'must be "value" (is "reference")' },
        {
          pointer: '/outputs/textOutput/format/mediaType',
          message: 'must be "text/plain" or "application/json" (is "text/html")',
        },
        { pointer: '/outputs/binaryOutput/format/encoding', message: 'must be "base64" or "binary" (is "gzip")' },
        { pointer: '/outputs/none', message: expect.stringContaining('is no output of process kinds-sync') },
      ],
    ]);
    const outputsOffered = { binaryOutput: { format: { mediaType: 'image/png' } } };
    await expectKind(await bed.execute('kinds-sync', INPUTS, { body: { outputs: outputsOffered } }), 'binaryOutput');
  });

  it('are a document where a request without response accepts nothing but JSON', async () => {
    const execute = (body: object, accept: string) =>
      fetch(`${bed.url}/processes/kinds/execution`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify({ inputs: INPUTS, ...body }),
      });
    const values = same(all, 'value');
    await expectDocument(await execute({}, 'application/json'), values);
    await expectParts(await execute({ response: 'raw' }, 'application/json'), values);
    await expectParts(await execute({}, 'application/json;q=0.5, multipart/related'), values);
    await expectKind(await execute({ outputs: { binaryOutput: {} } }, 'application/json'), 'binaryOutput');
  });
});

describe('what a client prefers', () => {
  const { textOutput } = { textOutput: {} };
  const one = { outputs: { textOutput } };
  const applied = ({ status, headers }: Response) => [status, headers.get('preference-applied')];
  const execute = (prefer: string, process = 'kinds', body: Readonly<Record<string, unknown>> = one) =>
    bed.execute(process, INPUTS, { prefer, body });

  it.each([
    ['kinds', 'foo, bar="respond-async, wait=1"', 200, null],
    ['kinds', 'RESPOND-ASYNC; foo="a, b"', 201, 'respond-async'],
    ['kinds', 'wait=100', 200, 'wait=100'],
    ['kinds', 'respond-async, wait="100"', 200, 'wait=100'],
    ['kinds', 'wait=0', 201, 'wait=0'],
    ['kinds', 'wait=soon, return=nothing', 200, null],
    ['kinds', 'return=representation, handling=strict', 200, 'return=representation, handling=strict'],
    ['kinds', 'respond-async, return=representation', 201, 'respond-async, return=representation'],
    ['kinds-sync', 'respond-async', 200, null],
    ['kinds-sync', 'return=minimal', 200, null],
    ['kinds-async', 'wait=100', 201, null],
    ['kinds-async', 'respond-async, wait=100', 201, 'respond-async'],
  ])('is done and said: of %s with %s', async (process, prefer, status, expected) => {
    const response = await execute(prefer, process);
    expect(applied(response)).toEqual([status, expected]);
    await response.arrayBuffer();
  });

  it('is a result sooner than it is there: 201 with the job, whose result follows', async () => {
    const response = await bed.execute(
      'kinds',
      { ...INPUTS, pause: 6 },
      { prefer: 'respond-async, wait=1', body: one },
    );
    expect(applied(response)).toEqual([201, 'respond-async, wait=1']);
    const { jobID, ...status } = (await response.json()) as StatusInfo;
    expect(response.headers.get('location')).toBe(`${bed.url}/jobs/${jobID}`);
    expect([relOf(response, 'monitor'), ogcFaults('statusInfo', { jobID, ...status })]).toEqual([[], []]);
    await bed.until(jobID, 'successful');
    await expectKind(await bed.get(`/jobs/${jobID}/results`), 'textOutput');
  });

  it('is little: outputs are references, but for those that the request wants as values', async () => {
    const response = await execute('return=minimal');
    expect(applied(response)).toEqual([204, 'return=minimal']);
    const asked: Case = { response: 'raw', outputs: same(['textOutput'], 'reference') };
    await expectResults(response, asked);
    const [job] = relOf(response, 'monitor');
    await expectResults(await fetch(`${job?.href}/results`), asked);

    const document = await execute('return=minimal', 'kinds', { response: 'document' });
    expect(applied(document)).toEqual([200, 'return=minimal']);
    await expectDocument(document, same(all, 'reference'));

    const outputs = { textOutput: { transmissionMode: 'value' }, boxOutput: {} };
    const mixed = await execute('return=minimal', 'kinds', { response: 'document', outputs });
    expect(applied(mixed)).toEqual([200, null]);
    await expectDocument(mixed, { textOutput: 'value', boxOutput: 'reference' });
  });

  it('may stand in several headers', async () => {
    const answer = await new Promise<[number | undefined, unknown]>((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        prefer: ['foo=bar', 'respond-async', 'return=representation'],
      };
      request(`${bed.url}/processes/kinds/execution`, { method: 'POST', headers }, (response) => {
        response.resume();
        response.on('end', () => resolve([response.statusCode, response.headers['preference-applied']]));
      })
        .on('error', reject)
        .end(JSON.stringify({ inputs: INPUTS, ...one }));
    });
    expect(answer).toEqual([201, 'respond-async, return=representation']);
  });
});
