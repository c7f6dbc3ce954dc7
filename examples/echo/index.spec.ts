import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { PrintedResults } from '../../src/jobs/results/printed-results.js';

const PIXEL = Buffer.from('49492a0008000000ff00fe0a0d', 'hex');
const FEATURE = '{ "type": "Feature", "geometry": null,\r\n "properties": {"n": 1.0} }';
const LARGE = JSON.stringify({ stringInput: 'ä'.repeat(100_000) });

const contents: Readonly<Record<string, readonly [string, Buffer | string]>> = {
  '/image': ['image/tiff; application=geotiff', PIXEL],
  '/feature': ['application/geo+json', FEATURE],
  '/gml': ['application/gml+xml', '<Point/>'],
  '/inputs': ['application/json', LARGE],
};

let server: Server;
let base: string;
beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    if (url === '/moved') return void response.writeHead(302, { location: '/image' }).end();
    if (url === '/around') return void response.writeHead(302, { location: '/around' }).end();
    const found = contents[url];
    if (!found) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': found[0] }).end(found[1]);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
});

const echo = async (inputs: unknown, environment: Readonly<Record<string, string>> = {}) => {
  const env = {
    PYGEOAPI_K8S_MANAGER_INPUTS: JSON.stringify(inputs),
    PASS_LINKS: 'linkInput,otherInput',
    ALLOW_PRIVATE_LINKS: 'true',
    ...environment,
  };
  const child = spawn(process.execPath, [fileURLToPath(new URL('index.mjs', import.meta.url))], { env });
  const [stdout, stderr, [code]] = await Promise.all([buffer(child.stdout), text(child.stderr), once(child, 'close')]);
  const results = new PrintedResults();
  await results.write(stdout);
  await results.end();
  const read = async ({ mediaType, body }: NonNullable<typeof results.unnamed>) => [
    mediaType,
    (await body.bytes()).toString(mediaType?.startsWith('image/') ? 'hex' : 'utf8'),
  ];
  const named = await Promise.all([...results.outputs].map(async ([id, output]) => [id, ...(await read(output))]));
  const unnamed = results.unnamed && (await read(results.unnamed));
  expect(results.fault).toBeUndefined();
  await results.dispose();
  return { code: code as number, stderr, unnamed, named };
};

describe('the process echo', () => {
  it('returns what is given as one JSON object, links of the named inputs too', async () => {
    const link = { href: `${base}/image` };
    const { unnamed, named } = await echo({ stringInput: { value: 'a' }, linkInput: link, otherInput: [link] });
    expect(named).toEqual([]);
    expect(unnamed).toEqual([
      'application/json',
      JSON.stringify({ stringOutput: 'a', linkOutput: link, otherOutput: [link] }),
    ]);
  });

  it('returns what links lead to to the byte, in the media type that the link, else the answer, says', async () => {
    const inputs = {
      stringInput: 'Value1',
      imageInput: { href: `${base}/image` },
      movedInput: { href: `${base}/moved`, type: 'image/x-tiff' },
      'odd "\\ Input': { href: `${base}/image`, format: { mediaType: 'image/tiff;a="b"' } },
      featuresInput: { href: `${base}/feature` },
      pngInput: { value: PIXEL.toString('base64'), mediaType: 'image/png' },
      gmlInput: { value: '<Point/>', format: { mediaType: 'application/gml+xml' } },
      objectInput: { value: { a: 1 } },
      pause: 0,
    };
    const { code, stderr, unnamed, named } = await echo(inputs);
    expect({ code, stderr, unnamed }).toEqual({ code: 0, stderr: '', unnamed: undefined });
    expect(named).toEqual([
      ['stringOutput', 'application/json', '"Value1"'],
      ['imageOutput', 'image/tiff; application=geotiff', PIXEL.toString('hex')],
      ['movedOutput', 'image/x-tiff', PIXEL.toString('hex')],
      ['odd "\\ Output', 'image/tiff;a="b"', PIXEL.toString('hex')],
      ['featuresOutput', 'application/geo+json', FEATURE],
      ['pngOutput', 'image/png', PIXEL.toString('hex')],
      ['gmlOutput', 'application/gml+xml', '<Point/>'],
      ['objectOutput', undefined, '{"a":1}'],
    ]);
  });

  it('returns links among several values as JSON, text or base64', async () => {
    const hrefs = ['feature', 'gml', 'image'].map((name) => ({ href: `${base}/${name}` }));
    const { unnamed } = await echo({ listInput: [...hrefs, 'text'] });
    expect(JSON.parse(unnamed?.[1] ?? '')).toEqual({
      listOutput: [JSON.parse(FEATURE), '<Point/>', PIXEL.toString('base64'), 'text'],
    });
  });

  it.each<[string, Record<string, string>, string]>([
    ['/nothing', {}, 'HTTP 404'],
    ['/around', {}, 'it is redirected more than 5 times'],
    ['/image', { ALLOW_PRIVATE_LINKS: '' }, 'it leads into a private network'],
  ])('says why %s cannot be fetched with %j', async (path, environment, reason) => {
    expect(await echo({ imageInput: { href: base + path } }, environment)).toEqual({
      code: 2,
      stderr: `ERROR "imageInput" cannot be fetched: ${reason}\n`,
      unnamed: undefined,
      named: [],
    });
  });

  it.each(['localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1'])(
    'goes to no private address that is written as %s',
    async (host) => {
      const inputs = { imageInput: { href: `${base.replace('127.0.0.1', host)}/image` } };
      const { code, stderr } = await echo(inputs, { ALLOW_PRIVATE_LINKS: '' });
      expect([code, stderr]).toEqual([2, expect.stringContaining('it leads into a private network')]);
    },
  );

  it('reads inputs that are too large for its environment', async () => {
    const env = { PYGEOAPI_K8S_MANAGER_INPUTS_URL: `${base}/inputs` };
    const { unnamed } = await echo({}, env);
    expect(unnamed?.[1]).toBe(LARGE.replace('stringInput', 'stringOutput'));
    const missing = await echo({}, { PYGEOAPI_K8S_MANAGER_INPUTS_URL: `${base}/nothing` });
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('HTTP 404') });
  });

  it('refuses a pause that is none', async () => {
    expect(await echo({ pause: 'x' })).toMatchObject({ code: 2, stderr: expect.stringContaining('"pause" must be') });
  });
});
