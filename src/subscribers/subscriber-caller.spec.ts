import { describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { SubscriberSecrets } from '../access/subscriber-secrets.js';
import type { Rules } from '../access/rules/rules.js';
import type { Configuration } from '../config/configuration.js';
import { judge, SubscriberCaller, wordFor } from './subscriber-caller.js';

const SECRET = `whsec_${Buffer.alloc(32, 's').toString('base64')}`;
const configurationOf = (allowedHosts: readonly string[], secrets: readonly string[] = []) =>
  ({ environment: { subscribers: { allowedHosts, secrets } } }) as unknown as Configuration;
const callerOf = (...allowedHosts: string[]) => {
  const configuration = configurationOf(allowedHosts);
  return new SubscriberCaller(configuration, new SubscriberSecrets(configuration, { rules: undefined }));
};
const message = (uri: string) => ({ id: 'msg_1', uri, body: Buffer.from('{}'), monitor: 'https://api/jobs/1' });
const call = async (caller: SubscriberCaller, uri: string) => {
  try {
    return await caller.call(message(uri), new Date(), new AbortController().signal);
  } finally {
    await caller.onApplicationShutdown();
  }
};

describe('an answer of a subscriber', () => {
  it.each([
    [200, undefined, { text: '200', verdict: 'delivered' }],
    [204, '60', { text: '204', verdict: 'delivered' }],
    [301, undefined, { text: '301', verdict: 'retry' }],
    [404, undefined, { text: '404', verdict: 'retry' }],
    [410, undefined, { text: '410', verdict: 'give-up' }],
    [503, '60', { text: '503', verdict: 'retry', retryAfter: 60_000 }],
    [429, 'Wed, 21 Oct 2026 07:28:00 GMT', { text: '429', verdict: 'retry' }],
  ])('%d (Retry-After: %s) is %j', (status, retryAfter, expected) =>
    expect(judge(status, retryAfter)).toEqual(expected),
  );
});

describe('a certificate of an authority that is not known', () => {
  it.each(['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SELF_SIGNED_CERT_IN_CHAIN', 'INVALID_PURPOSE'])('is said (%s)', (code) =>
    expect(wordFor(Object.assign(new Error(), { code }))).toBe('certificate-not-accepted'),
  );
});

describe('a call', () => {
  it('takes user and password out of the address', async () => {
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      seen.push(request.url, request.headers.authorization, request.headers.link);
      response.end('x'.repeat(100_000));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const answer = await call(callerOf('127.0.0.1'), `http://user%:p%40ss@127.0.0.1:${port}/path?a=b#c`);
    await new Promise((resolve) => server.close(resolve));
    expect(answer).toEqual({ text: '200', verdict: 'delivered' });
    expect(seen).toEqual([
      '/path?a=b',
      `Basic ${Buffer.from('user%:p@ss').toString('base64')}`,
      '<https://api/jobs/1>; rel="monitor"',
    ]);
  });

  it('is signed by the secret of the job’s owner, where there are roles', async () => {
    const calls: Record<string, string>[] = [];
    const server = createServer(({ headers }, response) => {
      calls.push(headers as Record<string, string>);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const configuration = configurationOf(['127.0.0.1'], [SECRET]);
    const secrets = new SubscriberSecrets(configuration, { rules: {} as Rules });
    const caller = new SubscriberCaller(configuration, secrets);
    const signal = new AbortController().signal;
    await caller.call({ ...message(`http://127.0.0.1:${port}/`), owner: 'ann' }, new Date(), signal);
    await caller.onApplicationShutdown();
    await new Promise((resolve) => server.close(resolve));
    const [headers = {}] = calls;
    const verify = (secret: string) => new Webhook(secret).verify('{}', headers);
    expect(verify(secrets.ofOwner('ann')[0] ?? '')).toEqual({});
    for (const other of [SECRET, secrets.ofOwner('bob')[0] ?? ''])
      expect(() => verify(other)).toThrow('No matching signature');
  });

  it('says in a word of its own why there is no answer', async () => {
    expect(await call(callerOf('127.0.0.1'), 'http://127.0.0.1:1/secret')).toEqual({
      text: 'connection-refused',
      verdict: 'retry',
    });
    expect(await call(callerOf('public'), 'http://does-not-exist.invalid/')).toEqual({
      text: 'unknown-host',
      verdict: 'retry',
    });
    expect(await call(callerOf('public'), 'http://127.0.0.1:1/')).toEqual({
      text: 'address-not-allowed',
      verdict: 'give-up',
    });
  });
});
