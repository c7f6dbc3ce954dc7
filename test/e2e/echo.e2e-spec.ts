import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'node-html-parser';
import { bbox, gml, PNG, polygon } from '../fixtures/echo-inputs.js';
import { HOST_FROM_PODS, onRealCluster } from '../support/cluster.js';
import { partsOf } from '../support/multipart.js';
import { ogcFaults } from '../support/ogc-schemas.js';
import { SHIPPED_CONFIGURATION, TestBed } from '../support/test-bed.js';
import { transferEnvironment } from '../support/transfer.js';

let bed: TestBed;
/** Data elsewhere, where servers and pods find it. */
let elsewhere: Server;
let links: string;
beforeAll(async () => {
  const host = onRealCluster ? HOST_FROM_PODS : '127.0.0.1';
  elsewhere = createServer(({ url }, response) => {
    if (url === '/png') response.writeHead(200, { 'content-type': 'image/png' }).end(Buffer.from(PNG, 'base64'));
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(collection));
  });
  await once(elsewhere.listen(0, host), 'listening');
  links = `http://${host}:${(elsewhere.address() as AddressInfo).port}`;
  const comment = /# (- name: ALLOW_PRIVATE_LINKS\n +)# (  value: 'true')/;
  bed = await TestBed.start(
    { ...transferEnvironment, PYGEOAPI_CONFIG: SHIPPED_CONFIGURATION, INPUT_HREF_ALLOWED_HOSTS: host },
    { configuration: (text) => text.replace(comment, '$1$2') },
  );
});
afterAll(async () => {
  elsewhere?.close();
  await (bed as TestBed | undefined)?.stop();
});

const collection = { type: 'FeatureCollection', features: [{ type: 'Feature', geometry: polygon, properties: null }] };
const measure = { measurement: 10.5, uom: 'm' };
const complex = { property1: 'Grüße, 世界 🌍 "\\ $(id) `id`', property3: 1.5, property5: false };

type Inputs = Readonly<Record<string, unknown>>;
/** Each input as it is sent, and as it comes back in a document: objects are qualified there, but for bounding boxes and links. */
const kinds: readonly [string, Inputs, string, unknown][] = [
  ['a string', { stringInput: 'Value2' }, 'stringOutput', 'Value2'],
  ['a qualified string', { stringInput: { value: 'Value3' } }, 'stringOutput', 'Value3'],
  ['a number', { doubleInput: 3.25 }, 'doubleOutput', 3.25],
  ['a number by default', {}, 'doubleOutput', 5],
  ['a date', { dateInput: '2026-01-02T03:04:05Z' }, 'dateOutput', '2026-01-02T03:04:05Z'],
  ['a measure', { measureInput: measure }, 'measureOutput', { value: measure }],
  ['an array', { arrayInput: [1, 2, 3] }, 'arrayOutput', [1, 2, 3]],
  ['an object', { complexObjectInput: complex }, 'complexObjectOutput', { value: complex }],
  ['a qualified object', { complexObjectInput: { value: complex } }, 'complexObjectOutput', { value: complex }],
  ['a geometry', { geometryInput: polygon }, 'geometryOutput', { value: polygon }],
  ['two geometries of two kinds', { geometryInput: [polygon, gml] }, 'geometryOutput', [polygon, gml]],
  ['a bounding box', { boundingBoxInput: bbox }, 'boundingBoxOutput', bbox],
  ['an image', { imageInput: PNG }, 'imageOutput', PNG],
  ['a qualified image', { imageInput: { value: PNG, mediaType: 'image/png' } }, 'imageOutput', PNG],
  [
    'features',
    { featureCollectionInput: { value: collection } },
    'featureCollectionOutput',
    { value: collection, mediaType: 'application/geo+json' },
  ],
  ['a link', { linkInput: { href: 'https://example.org/data' } }, 'linkOutput', { href: 'https://example.org/data' }],
];

describe('the echo process', () => {
  it('returns every kind in a document', async () => {
    const answers = kinds.map(async ([name, inputs, id]) => {
      const response = await bed.execute('echo', inputs, { body: { outputs: { [id]: {} }, response: 'document' } });
      const document: unknown = await response.json();
      return [name, response.status, document, ogcFaults('results', document)];
    });
    expect(await Promise.all(answers)).toEqual(kinds.map(([name, , id, value]) => [name, 200, { [id]: value }, []]));
  });

  it('returns all kinds at once, by sync and by async execution, as a document', async () => {
    const inputs = Object.assign({}, ...kinds.map(([, input]) => input)) as Inputs;
    const expected = Object.fromEntries(kinds.map(([, , id, value]) => [id, value]));
    const sync = await (await bed.execute('echo', inputs, { body: { response: 'document' } })).json();
    expect(sync).toEqual({ ...expected, doubleOutput: 3.25 });
    expect(ogcFaults('results', sync)).toEqual([]);
    const jobId = await bed.submit('echo', inputs, { body: { response: 'document' } });
    await bed.ended(jobId);
    expect(await (await bed.get(`/jobs/${jobId}/results`)).json()).toEqual(sync);
  });

  it('gives one raw output in its own media type', async () => {
    const raw = async (inputs: Inputs, id: string) => {
      const response = await bed.execute('echo', inputs, { body: { outputs: { [id]: {} } } });
      return [response.headers.get('content-type'), Buffer.from(await response.arrayBuffer())] as const;
    };
    const image = await raw({ imageInput: PNG }, 'imageOutput');
    expect(image).toEqual(['image/png', Buffer.from(PNG, 'base64')]);
    const [type, text] = await raw({ stringInput: 'Value1' }, 'stringOutput');
    expect([type, text.toString()]).toEqual([expect.stringMatching(/^text\/plain\b/), 'Value1']);
    const [json, number] = await raw({ doubleInput: 0 }, 'doubleOutput');
    expect([json, number.toString()]).toEqual(['application/json', '0']);
  });

  it('gives several raw outputs as multipart/related, right to the byte', async () => {
    const inputs = { stringInput: 'Value1', imageInput: PNG, complexObjectInput: complex };
    const outputs = { stringOutput: {}, imageOutput: {}, complexObjectOutput: {} };
    const parts = await partsOf(await bed.execute('echo', inputs, { body: { outputs } }));
    const byId = new Map(
      parts.map(({ headers, body }) => [headers['content-id'], { type: headers['content-type'], body }]),
    );
    expect([...byId.keys()].sort()).toEqual(['<complexObjectOutput>', '<imageOutput>', '<stringOutput>']);
    expect(byId.get('<imageOutput>')).toEqual({ type: 'image/png', body: Buffer.from(PNG, 'base64') });
    expect(byId.get('<stringOutput>')?.body.toString()).toBe('Value1');
    expect(JSON.parse(byId.get('<complexObjectOutput>')?.body.toString() ?? '')).toEqual(complex);
  });

  it('returns what links lead to: as bytes where it is raw, in a document with its media type, binary as base64', async () => {
    const imageInput = { href: `${links}/png`, format: { mediaType: 'image/png' } };
    const featureCollectionInput = { href: `${links}/features`, type: 'application/geo+json' };
    const raw = await bed.execute(
      'echo',
      { imageInput, stringInput: 'Value1' },
      { body: { outputs: { imageOutput: {} } } },
    );
    expect([raw.status, raw.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(Buffer.from(await raw.arrayBuffer()).toString('base64')).toBe(PNG);
    const inputs = { imageInput, featureCollectionInput, stringInput: 'Value1' };
    const jobId = await bed.submit('echo', inputs, { body: { response: 'document' } });
    await bed.until(jobId, 'successful');
    const document: unknown = await (await bed.get(`/jobs/${jobId}/results`)).json();
    expect(document).toEqual({
      stringOutput: 'Value1',
      doubleOutput: 5,
      imageOutput: { value: PNG, mediaType: 'image/png', encoding: 'base64' },
      featureCollectionOutput: { value: collection, mediaType: 'application/geo+json' },
    });
    expect(ogcFaults('results', document)).toEqual([]);
    const outputs = { imageOutput: { transmissionMode: 'reference' } };
    const reference = await bed.execute('echo', { imageInput }, { body: { outputs, response: 'document' } });
    const { imageOutput } = (await reference.json()) as { imageOutput: { href: string; type: string } };
    expect(imageOutput.type).toBe('image/png');
    expect(Buffer.from(await (await fetch(imageOutput.href)).arrayBuffer()).toString('base64')).toBe(PNG);
  });

  it('has its results shown each on one page, a picture as such, those by reference, too', async () => {
    const inputs = { stringInput: 'Value1', imageInput: PNG };
    const outputs = { stringOutput: {}, imageOutput: { transmissionMode: 'reference' } };
    const jobId = await bed.submit('echo', inputs, { body: { outputs } });
    await bed.until(jobId, 'successful');
    const answer = await fetch(`${bed.url}/jobs/${jobId}/results`, { headers: { accept: 'text/html' } });
    const page = parse(await answer.text());
    expect(page.querySelectorAll('h2').map(({ text }) => text)).toEqual(['String', 'Image', 'Links']);
    expect(page.querySelectorAll('h2 + .id').map(({ text }) => text)).toEqual(['stringOutput', 'imageOutput']);
    expect(page.querySelectorAll('pre').map(({ text }) => text)).toEqual(['Value1']);
    const picture = page.querySelector('img')?.getAttribute('src') ?? '';
    expect(picture).toBe(`${bed.url}/jobs/${jobId}/results/imageOutput`);
    const shown = await fetch(picture);
    expect(shown.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await shown.arrayBuffer()).toString('base64')).toBe(PNG);
  });

  it('names every fault of a request at once, and where it stands', async () => {
    const inputs = {
      stringInput: 'Value4',
      doubleInput: 11,
      arrayInput: [1, 'two'],
      complexObjectInput: { property1: 1 },
      geometryInput: [polygon, polygon, polygon],
      boundingBoxInput: { bbox: [1, 2, 3] },
      pause: -1,
      noInput: true,
    };
    const response = await bed.execute('echo', inputs);
    const { errors } = (await response.json()) as { errors: { pointer: string; message: string }[] };
    expect(response.status).toBe(400);
    const pointers = new Set(errors.map(({ pointer }) => pointer.split('/').slice(0, 3).join('/')));
    expect([...pointers].sort()).toEqual(
      Object.keys(inputs)
        .map((id) => `/inputs/${id}`)
        .sort(),
    );
    expect(errors.every(({ message }) => message.length > 10)).toBe(true);
  });

  it('takes inputs that are too large for an environment variable, as geojson-features does', async () => {
    const complexObjectInput = { ...complex, property1: 'Grüße '.repeat(50_000) };
    const body = { response: 'document', outputs: { complexObjectOutput: {} } };
    const answer = await bed.execute('echo', { complexObjectInput }, { body });
    expect(await answer.json()).toEqual({ complexObjectOutput: { value: complexObjectInput } });
    const features = { ...collection, features: Array.from({ length: 2_000 }, () => collection.features[0]) };
    const measured = await bed.execute('geojson-features', { features });
    expect([measured.status, ((await measured.json()) as typeof features).features.length]).toEqual([200, 2_000]);
  });

  it('waits as long as it is told to', async () => {
    const jobId = await bed.submit('echo', { stringInput: 'Value1', pause: 1 });
    const { started = '', finished = '' } = await bed.until(jobId, 'successful');
    expect(Date.parse(finished) - Date.parse(started)).toBeGreaterThanOrEqual(1000);
  });
});
