import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../support/child.js';
import { AUDIENCE, CLIENTS, TestProvider } from '../support/oidc-provider.js';
import { TestBed } from '../support/test-bed.js';

describe('signing in from a terminal', () => {
  let provider: TestProvider;
  let bed: TestBed;
  let folder: string;

  beforeAll(async () => {
    [provider, folder] = await Promise.all([TestProvider.start(), mkdtemp(join(tmpdir(), 'e2e-login-'))]);
    bed = await TestBed.startProcess({}, { configuration: (text) => text + access() });
  });
  afterAll(async () => {
    await bed?.stop();
    await provider?.goAway();
    if (folder) await rm(folder, { recursive: true });
  });

  const access = () => `
access:
  roles:
    user: { may: [read, execute], groups: [/lab] }
  oidc:
    issuer: ${provider.issuer}
    audience: ['${AUDIENCE}']
    terminal_client: ${CLIENTS.programs.client_id}
    scopes: [openid, profile, groups]
`;

  /** The program until it says what to do, and what comes of it. */
  async function login(...flags: readonly string[]) {
    const args = ['login', '--server', bed.url, ...flags];
    const told = /Open (\S+) in a browser.* enter the code (\S+)/;
    let printed = '';
    const { child, match } = await Child.start('dist/main.js', args, {}, told);
    child.process.stdout?.on('data', (text: string) => (printed += text));
    const [, address = '', code = ''] = match;
    const ended = once(child.process, 'close');
    return { address, code, end: async () => ({ status: Number((await ended)[0]), printed, output: child.output }) };
  }

  it('gives who confirms it in a browser a token that the server takes', async () => {
    const { address, code, end } = await login();
    await provider.confirm(address, code, 'ann');
    const { status, printed, output } = await end();
    expect([status, output]).toEqual([0, expect.stringContaining('Signed in.')]);
    const token = printed.trim();
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const me = (await (
      await fetch(`${bed.url}/me`, { headers: { authorization: `Bearer ${token}` } })
    ).json()) as object;
    expect(me).toMatchObject({ subject: 'ann', issuer: provider.issuer, means: 'jwt' });
    const job = await bed.submit('hello', { name: 'from a terminal' }, { token });
    const seen = await fetch(`${bed.url}/jobs/${job}`, { headers: { authorization: `Bearer ${token}` } });
    expect(seen.status).toBe(200);
  });

  it('writes the token to a file, and prints none', async () => {
    const file = join(folder, 'token');
    const { address, code, end } = await login('--output', file);
    await provider.confirm(address, code, 'ann');
    const { status, printed, output } = await end();
    const token = (await readFile(file, 'utf8')).trim();
    expect([status, printed, (await stat(file)).mode & 0o777]).toEqual([0, '', 0o600]);
    expect(output).not.toContain(token);
    const answer = await fetch(`${bed.url}/processes/hello`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
  });

  it('gives nothing to who refuses', async () => {
    const { address, code, end } = await login();
    await provider.confirm(address, code, 'ann', true);
    expect(await end()).toMatchObject({ status: 1, printed: '', output: expect.stringContaining('refused') });
  });
});
