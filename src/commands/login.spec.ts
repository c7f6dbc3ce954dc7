import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, FakeIssuer } from '../access/oidc/testing/issuer.js';
import { runLogin } from './login.js';

const PENDING: Answer = [400, { error: 'authorization_pending' }];
const TOKEN: Answer = [200, { access_token: 'the-token', token_type: 'Bearer', expires_in: 600 }];

describe('npm run login', () => {
  let issuer: FakeIssuer;
  let folder: string;
  /** What was sent, with the seconds that were waited before. */
  let sent: (readonly [string, number, URLSearchParams])[];
  let grant: Record<string, unknown>;
  /** Of the token endpoint, in turn; the last one again and again. */
  let answers: Answer[];

  beforeEach(async () => {
    issuer = await FakeIssuer.start();
    folder = mkdtempSync(join(tmpdir(), 'login-'));
    sent = [];
    const { url } = issuer;
    const oidc = {
      openIdConnectUrl: `${url}/.well-known/openid-configuration`,
      'x-terminal-login': { client: 'terminal', scope: 'openid groups' },
    };
    issuer.answers.set('/api/openapi', () => [200, { components: { securitySchemes: { openIdConnect: oidc } } }]);
    const endpoints = { device_authorization_endpoint: `${url}/device`, token_endpoint: `${url}/token` };
    issuer.answers.set('/.well-known/openid-configuration', () => [200, { issuer: url, ...endpoints }]);
    grant = { device_code: 'd', user_code: 'ABCD-EFGH', verification_uri: `${url}/go`, expires_in: 600, interval: 2 };
    // Timers end at once, and are added up.
    let seconds = 0;
    const soon = globalThis.setTimeout;
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(((work: () => void, milliseconds = 0) => {
      seconds += milliseconds / 1000;
      return soon(work, 0);
    }) as typeof setTimeout);
    const note = (path: string, body: string) => {
      sent.push([path, seconds, new URLSearchParams(body)]);
      seconds = 0;
    };
    issuer.answers.set('/device', (_, body) => {
      note('/device', body);
      return [200, grant];
    });
    issuer.answers.set('/token', (_, body) => {
      note('/token', body);
      return (answers.length > 1 ? answers.shift() : answers[0]) ?? PENDING;
    });
    answers = [TOKEN];
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true });
    await issuer.stop().catch(() => undefined);
  });

  async function run(...args: readonly string[]) {
    const [printed, said]: [string[], string[]] = [[], []];
    const status = await runLogin(args, { print: (text) => printed.push(text), say: (text) => said.push(text) });
    return { status, printed, said: said.join('\n') };
  }
  const login = (...more: readonly string[]) => run('--server', `${issuer.url}/api/`, ...more);

  it('asks the server of what provider, and prints the token alone', async () => {
    const { status, printed, said } = await login();
    expect([status, printed]).toEqual([0, ['the-token']]);
    expect(said).toContain(`Open ${issuer.url}/go in a browser, on any device, and enter the code ABCD-EFGH`);
    expect(said).not.toContain('the-token');
    expect(sent.map(([path, , body]) => [path, Object.fromEntries(body)])).toEqual([
      ['/device', { client_id: 'terminal', scope: 'openid groups' }],
      ['/token', { client_id: 'terminal', device_code: 'd', grant_type: expect.stringContaining('device_code') }],
    ]);
  });

  it('takes the flags before what the server says, and asks no server where the provider is given', async () => {
    const flags = ['--client', 'mine', '--scope', 'openid', '--resource', 'urn:api', '--audience', 'api'];
    expect(await run('--issuer', `${issuer.url}/`, ...flags)).toMatchObject({ status: 0, printed: ['the-token'] });
    expect(issuer.countOf('/api/openapi')).toBe(0);
    const [first, second] = sent.map(([, , body]) => Object.fromEntries(body));
    expect(first).toEqual({ client_id: 'mine', scope: 'openid', resource: 'urn:api', audience: 'api' });
    expect(second).toMatchObject({ client_id: 'mine', resource: 'urn:api' });
  });

  it('asks as often as the provider allows, less often when told so or not answered, until it is confirmed', async () => {
    answers = [PENDING, [400, { error: 'slow_down' }], PENDING, TOKEN];
    expect((await login()).status).toBe(0);
    expect(sent.map(([path, seconds]) => [path, seconds])).toEqual([
      ...[
        ['/device', 0],
        ['/token', 2],
        ['/token', 2],
        ['/token', 7],
        ['/token', 7],
      ],
    ]);
  });

  it('outlasts that the provider is away for a moment', async () => {
    const answer = issuer.answers.get('/token');
    let isAway = true;
    issuer.answers.set('/token', (request, body) => {
      if (!isAway) return answer?.(request, body) ?? PENDING;
      isAway = false;
      request.socket.destroy();
      return PENDING;
    });
    expect(await login()).toMatchObject({ status: 0, printed: ['the-token'] });
    // Two seconds, and then twice as many.
    expect(sent.at(-1)?.slice(0, 2)).toEqual(['/token', 6]);
  });

  it.each<[string, Answer, RegExp]>([
    ['is refused', [400, { error: 'access_denied' }], /refused at the provider/],
    ['confirms too late', [400, { error: 'expired_token' }], /The code is over.*Begin again/],
    ['has no such client', [401, { error: 'invalid_client' }], /the client terminal .*without a secret/],
    ['is refused for something else', [400, { error: 'odd', error_description: 'a\u001b[2Jb' }], /odd a\[2Jb/],
    ['gets no answer of use', [200, '<html>'], /cannot be used/],
  ])('says why nobody is signed in who %s', async (_, answer, reason) => {
    answers = [PENDING, answer];
    const { status, printed, said } = await login();
    expect([status, printed]).toEqual([1, []]);
    expect(said).toMatch(reason);
  });

  it('ends when the code does, though the provider does not say so', async () => {
    grant = { ...grant, expires_in: 1 };
    answers = [PENDING];
    expect(await login()).toMatchObject({ status: 1, said: expect.stringContaining('within 1 s') });
  });

  it.each<[string, () => void, RegExp]>([
    [
      'takes no tokens of one',
      () => issuer.answers.set('/api/openapi', () => [200, {}]),
      /takes no tokens of a provider/,
    ],
    ['does not know that address', () => issuer.answers.delete('/api/openapi'), /openapi answers 404/],
  ])('says where a server %s', async (_, change, reason) => {
    change();
    const { status, said } = await login();
    expect(status).toBe(1);
    expect(said).toMatch(reason);
  });

  it('says where a provider signs in no devices, or leads browsers elsewhere than to a page', async () => {
    grant = { ...grant, verification_uri: 'javascript:alert(1)' };
    expect(await login()).toMatchObject({ status: 1, said: expect.stringContaining('none of http') });
    issuer.answers.set('/.well-known/openid-configuration', () => [200, { issuer: issuer.url }]);
    expect(await login()).toMatchObject({ status: 1, said: expect.stringContaining('no sign-in for devices') });
    issuer.answers.set('/.well-known/openid-configuration', () => [
      200,
      { issuer: 'https://id.example.org', device_authorization_endpoint: `${issuer.url}/device` },
    ]);
    sent = [];
    expect(await login()).toMatchObject({ status: 1, said: expect.stringContaining('https://id.example.org') });
    expect(sent).toEqual([]);
    const server = `${issuer.url}/api`;
    await issuer.stop();
    expect(await run('--server', server)).toMatchObject({
      status: 1,
      said: expect.stringContaining('does not answer'),
    });
  });

  it('writes a file for its owner alone, whatever was there, and nothing else', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'before', { mode: 0o644 });
    const { status, printed, said } = await login('--output', file);
    expect([status, printed]).toEqual([0, []]);
    expect(said).toContain(file);
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['the-token\n', 0o600]);
    expect(readdirSync(folder)).toEqual(['token']);
  });

  it('says before anybody signs in that a file cannot be written', async () => {
    expect(await login('--output', join(folder, 'none', 'token'))).toMatchObject({
      status: 1,
      said: expect.stringContaining('ENOENT'),
    });
    expect(issuer.asked).toEqual([]);
  });

  it.each([
    [[], /--server must be given/],
    [['--server', 'http://processes.example.org'], /--server must be .* https/],
    [['--server', ''], /--server must have a value/],
    [['--issuer', 'https://id.example.org'], /--client must be given with --issuer/],
    [['--servr', 'x'], /--servr/],
  ])('refuses %j', async (args, expected) => {
    const { status, printed, said } = await run(...args);
    expect([status, printed]).toEqual([2, []]);
    expect(said).toMatch(expected);
  });

  it('explains itself', async () => {
    const { status, printed } = await run('--help');
    expect([status, printed.join()]).toEqual([0, expect.stringContaining('Usage: npm run --silent login')]);
  });
});
