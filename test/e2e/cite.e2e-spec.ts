import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checks, type Subject } from '../conformance/suite-checks.js';
import { HOST_FROM_PODS, onRealCluster } from '../support/cluster.js';
import { TestBed, type StatusInfo } from '../support/test-bed.js';

// A run of OGC's compliance suite, as far as it is known what it does, against the configuration that is shipped for it.

/** As pods reach this machine. */
const HOST = onRealCluster ? HOST_FROM_PODS : '127.0.0.1';
/** The header of a TIFF without pictures, and bytes that are no text. */
const GEOTIFF = Buffer.from('49492a0008000000000000000000ff00fe', 'hex');

let images: Server;
let bed: TestBed;
let subject: Subject;
beforeAll(async () => {
  images = createServer((_request, response) => response.writeHead(200, { 'content-type': 'image/tiff' }).end(GEOTIFF));
  await once(images.listen(0, HOST), 'listening');
  const image = { href: `http://${HOST}:${(images.address() as AddressInfo).port}/image.tiff`, bytes: GEOTIFF };
  bed = await TestBed.startProcess({
    PYGEOAPI_CONFIG: 'config/cite.yaml',
    INPUT_HREF_ALLOWED_HOSTS: HOST,
  });
  subject = { url: bed.url, echo: 'cite-echo', image };
});
afterAll(async () => {
  await (bed as TestBed | undefined)?.stop();
  images.closeAllConnections();
  images.close();
});

describe("OGC's compliance suite", () => {
  let passed = 0;
  afterAll(() => void process.stdout.write(`compliance checks: ${passed} of ${checks.length} passed\n`));

  it.each(checks)('would find: $name', async ({ run }) => {
    await run(subject);
    passed += 1;
  });

  it('finds what is wrong: the checks fail where they have to', async () => {
    // A server of the usual configuration has a right header, by which the suite finds no job, and outputs without an integer.
    const other = await bed.startReplica({ PYGEOAPI_CONFIG: 'config/pygeoapi-config.yaml' });
    const failing = await Promise.all(
      checks.map(async ({ name, run }) => {
        const failed = await run({ ...subject, url: other.url, echo: 'echo' }).then(
          () => false,
          () => true,
        );
        return failed ? [name] : [];
      }),
    );
    expect(failing.flat()).toEqual(
      expect.arrayContaining([
        'core/job-creation-input-inline',
        'core/job-results-sync',
        'core/job-creation-input-ref',
      ]),
    );
  });
});

describe('cite-echo', () => {
  const all = {
    echo: 'text',
    mixed: 1.5,
    array: [1, 2],
    boundingBox: { bbox: [1, 2, 3, 4], crs: 'http://www.opengis.net/def/crs/OGC/1.3/CRS84' },
    image: GEOTIFF.toString('base64'),
    pause: 1,
  };
  const { pause: _, ...withoutPause } = all;

  it('gives every input back as the output of its id, and pause always', async () => {
    const response = await bed.execute('cite-echo', withoutPause, { body: { response: 'document' } });
    expect(await response.json()).toEqual({ ...all, pause: 0 });
    expect(await (await bed.execute('cite-echo', all, { body: { response: 'document' } })).json()).toEqual(all);
  });

  it('gives the bytes behind a link, also raw and by reference', async () => {
    const inputs = { echo: 'text', image: { href: subject.image.href, format: { mediaType: 'image/tiff' } } };
    const raw = await bed.execute('cite-echo', inputs, { body: { outputs: { image: {} } } });
    expect(raw.headers.get('content-type')).toBe('image/tiff; application=geotiff');
    expect(Buffer.from(await raw.arrayBuffer())).toEqual(GEOTIFF);
    const outputs = { image: { transmissionMode: 'reference' } };
    const linked = await bed.execute('cite-echo', inputs, { body: { outputs, response: 'document' } });
    const { image } = (await linked.json()) as { image: { href: string } };
    expect(Buffer.from(await (await fetch(image.href)).arrayBuffer())).toEqual(GEOTIFF);
  });

  it.each(['raw', 'document'])(
    'is never 406 for who accepts JSON only: %s, whatever is asked for',
    async (response) => {
      const references = { echo: { transmissionMode: 'reference' }, image: { transmissionMode: 'value' } };
      for (const outputs of [undefined, { echo: {} }, { image: {} }, { array: {} }, references]) {
        const { pause: __, ...inputs } = all;
        const answer = await bed.execute('cite-echo', inputs, {
          body: { response, ...(outputs ? { outputs } : {}) },
          headers: { accept: 'application/json' },
        });
        expect([outputs, answer.status]).toEqual([outputs, 200]);
        await answer.arrayBuffer();
      }
    },
  );
});

describe('server.cite_compatibility', () => {
  it('is off by default: the header is one, and says monitor', async () => {
    const other = await bed.startReplica({ PYGEOAPI_CONFIG: 'config/pygeoapi-config.yaml' });
    const response = await other.execute('echo', { stringInput: 'Value1' });
    expect(response.headers.get('link')).toMatch(/<http\S+\/jobs\/[0-9a-f-]{36}>; rel="monitor"/);
  });

  it('is told at the start, for it breaks the header', async () => {
    expect(await bed.output()).toContain(
      'server.cite_compatibility: the Link header of synchronous answers is not valid',
    );
  });
});

describe('the link monitor', () => {
  it('stands in every status, in the list of jobs, too', async () => {
    const response = await bed.execute('cite-echo', { echo: 'text' }, { prefer: 'respond-async' });
    const accepted = (await response.json()) as StatusInfo;
    const monitor = {
      rel: 'monitor',
      href: `${bed.url}/jobs/${accepted.jobID}`,
      type: 'application/json',
    };
    const ended = await bed.until(accepted.jobID, 'successful');
    for (const { links } of [accepted, ended]) expect(links).toContainEqual(expect.objectContaining(monitor));
    const { jobs } = (await (await bed.get('/jobs?limit=1000')).json()) as {
      jobs: { jobID: string; links: unknown[] }[];
    };
    expect(jobs.find(({ jobID }) => jobID === accepted.jobID)?.links).toContainEqual(expect.objectContaining(monitor));
  });
});
