import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request, type Agent } from 'undici';
import { AllowedHosts } from './allowed-hosts.js';
import { createOutboundDispatcher, isAddressNotAllowed, type Lookup } from './outbound-dispatcher.js';

let server: Server;
let port: number;
const seen: string[] = [];
beforeAll(async () => {
  server = createServer((incoming, answer) => {
    seen.push(`${incoming.headers.host} ${incoming.url}`);
    if (incoming.url === '/redirect') answer.writeHead(302, { location: `http://127.0.0.1:${port}/secret` }).end();
    else answer.end('hello');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

let dispatcher: Agent | undefined;
afterEach(() => dispatcher?.close());

/** Knows only these names. */
const names =
  (addresses: Readonly<Record<string, readonly string[]>>): Lookup =>
  (hostname, _options, callback) =>
    callback(
      null,
      (addresses[hostname] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

function outbound(entries: readonly string[], addresses: Readonly<Record<string, readonly string[]>> = {}): Agent {
  dispatcher = createOutboundDispatcher(new AllowedHosts(entries), { lookup: names(addresses) });
  return dispatcher;
}

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a request', () => {
  it('to an address that is not allowed makes no connection', async () => {
    const before = seen.length;
    const error = await failureOf(request(`http://127.0.0.1:${port}/`, { dispatcher: outbound(['public']) }));
    expect(isAddressNotAllowed(error)).toBe(true);
    expect(String(error)).toContain('127.0.0.1');
    expect(seen).toHaveLength(before);
  });

  it.each([['http'], ['https']])(
    'over %s to a name that leads to such an address makes none either',
    async (scheme) => {
      const before = seen.length;
      const agent = outbound(['public'], { 'rebinding.example.org': ['127.0.0.1', '::1'] });
      const error = await failureOf(request(`${scheme}://rebinding.example.org:${port}/`, { dispatcher: agent }));
      expect(isAddressNotAllowed(error)).toBe(true);
      expect(seen).toHaveLength(before);
    },
  );

  it('goes to those of the addresses of a name that are allowed', async () => {
    const agent = outbound(['127.0.0.1'], { 'both.example.org': ['10.0.0.1', '127.0.0.1'] });
    const { body } = await request(`http://both.example.org:${port}/x`, { dispatcher: agent });
    expect(await body.text()).toBe('hello');
    expect(seen.at(-1)).toBe(`both.example.org:${port} /x`);
  });

  it('does not follow redirects', async () => {
    const { statusCode, body } = await request(`http://127.0.0.1:${port}/redirect`, {
      dispatcher: outbound(['127.0.0.1']),
    });
    await body.dump();
    expect([statusCode, seen.at(-1)]).toEqual([302, `127.0.0.1:${port} /redirect`]);
  });

  it('to a name that does not exist fails as such', async () => {
    dispatcher = createOutboundDispatcher(new AllowedHosts(['public']));
    const error = await failureOf(request('http://does-not-exist.invalid/', { dispatcher }));
    expect(isAddressNotAllowed(error)).toBe(false);
    expect(error).toMatchObject({ code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) });
  });
});
