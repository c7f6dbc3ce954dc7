import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Configuration } from '../../config/configuration.js';
import type { LinkedValue } from '../../processes/request/input-validation.js';
import { LinkedInputs } from './linked-inputs.js';

const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  const url = new URL(request.url ?? '', 'http://localhost');
  if (url.pathname === '/redirect') response.writeHead(302, { location: url.searchParams.get('to') ?? '' }).end();
  else if (url.pathname === '/large') response.end('x'.repeat(2_000));
  else if (url.pathname === '/missing') response.writeHead(404).end('secret');
  else
    response
      .writeHead(200, { 'content-type': url.searchParams.get('type') ?? 'text/plain' })
      .end(url.searchParams.get('body'));
});
let origin: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const faultsOf = async (inputHosts: readonly string[], href: string, type?: string) => {
  const seen: unknown[] = [];
  const linked = new LinkedInputs({
    environment: { inputHosts },
    server: { maxRequestBytes: 1_000 },
  } as unknown as Configuration);
  const link: LinkedValue = {
    pointer: '/inputs/a',
    href,
    ...(type === undefined ? {} : { type }),
    misfits: (value) => {
      seen.push(value);
      return JSON.stringify(value) === '{"right":1}' || value === 'right' ? [] : ['/b'];
    },
  };
  const faults = await linked.assertValid('process', [link]).then(
    () => [],
    (error: { faults: { pointer: string; message: string }[] }) =>
      error.faults.map(({ pointer, message }) => `${pointer} ${message}`),
  );
  await linked.onApplicationShutdown();
  return { faults, seen };
};
const at = (body: string, type = 'application/json') =>
  `${origin}/?type=${encodeURIComponent(type)}&body=${encodeURIComponent(body)}`;
const here = ['127.0.0.1'];

describe('an input given by link', () => {
  it('is validated as JSON or as text, as its link or its answer says', async () => {
    expect(await faultsOf(here, at('{"right":1}'))).toEqual({ faults: [], seen: [{ right: 1 }] });
    expect((await faultsOf(here, at('{"right":1}', 'text/plain'), 'application/geo+json')).faults).toEqual([]);
    expect(await faultsOf(here, at('right', 'text/csv'))).toEqual({ faults: [], seen: ['right'] });
  });

  it('that does not fit is a fault, which shows nothing of what is there', async () => {
    const { faults } = await faultsOf(here, at('{"secret":1}'));
    expect(faults).toEqual(["/inputs/a leads to what does not fit the input's schema (at /b)"]);
  });

  it('is followed through redirects', async () => {
    expect(
      (await faultsOf(here, `${origin}/redirect?to=${encodeURIComponent(at('right', 'text/plain'))}`)).faults,
    ).toEqual([]);
    expect((await faultsOf(here, `${origin}/redirect?to=/redirect`)).faults).toEqual([
      '/inputs/a/href redirects to nowhere',
    ]);
  });

  it.each([
    ['/large', '/inputs/a/href has more than the 1000 bytes that are fetched to validate it'],
    ['/missing', '/inputs/a/href could not be fetched to validate it (HTTP 404)'],
    ['/redirect?to=file:///etc/passwd', '/inputs/a/href redirects to where this server may not be sent'],
    ['/redirect?to=http://169.254.169.254/', '/inputs/a/href redirects to where this server may not be sent'],
  ])('at %s is a fault', async (path, fault) => expect((await faultsOf(here, origin + path)).faults).toEqual([fault]));

  it('is not looked at on addresses that are not public, by whatever name', async () => {
    const before = asked.length;
    const port = new URL(origin).port;
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433'])
      expect((await faultsOf(['public'], `http://${host}:${port}/`)).faults).toEqual([
        expect.stringContaining('is at an address'),
      ]);
    expect(asked.length).toBe(before);
  });

  it('is not looked at where there are too many', async () => {
    const linked = new LinkedInputs({
      environment: { inputHosts: here },
      server: { maxRequestBytes: 1 },
    } as unknown as Configuration);
    const links = Array.from({ length: 21 }, () => ({ pointer: '/inputs/a', href: origin, misfits: () => [] }));
    await expect(linked.assertValid('process', links)).rejects.toMatchObject({ faults: [{ pointer: '/inputs' }] });
  });
});
