import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessSettings, EnvironmentSettings } from '../../config/configuration.js';
import type { OidcSettings } from '../../config/sections/access/oidc.js';
import { InvalidTokenError } from '../../ogc/domain-errors.js';
import { Identities } from '../identity/identities.js';
import { digestOf } from '../identity/token-digest.js';
import { Sessions } from './sessions.js';

const folder = mkdtempSync(join(tmpdir(), 'sessions-'));
const NOON = Date.parse('2026-01-01T12:00:00Z');

function sessionsWith(
  apiToken: string | undefined,
  { keys, hours = 8, embedded = false, dataDir = join(folder, 'none'), time = NOON }: Settings = {},
): Sessions {
  const access: AccessSettings = { sessionHours: hours, ...(keys ? { keys } : {}) };
  return new Sessions(
    { access, environment: { apiToken, dataDir } as EnvironmentSettings },
    embedded,
    undefined,
    () => new Date(time),
  );
}
interface Settings {
  readonly keys?: AccessSettings['keys'];
  readonly hours?: number;
  readonly embedded?: boolean;
  readonly dataDir?: string;
  readonly time?: number;
}
async function opened(by: Sessions, of: Sessions, token = 'secret') {
  const session = await of.ofToken(token);
  return session && by.open(await of.close(session));
}

/** Of Ann, who has a token of her own. */
function sessionsOfAnn(
  sha256: string,
  keys?: AccessSettings['keys'],
  apiToken?: string,
  more: { role?: string; issuer?: string } = {},
): Sessions {
  const roles = [{ name: 'user', may: ['read' as const], processes: ['*'], groups: [], subjects: [], limits: {} }];
  const provider = more.issuer === undefined ? {} : { oidc: { issuer: more.issuer } as OidcSettings };
  const tokens = [{ name: 'ann', roles: [more.role ?? 'user'], sha256: [sha256] }];
  const access = {
    sessionHours: 8,
    ...(keys ? { keys } : {}),
    rules: { ownJobs: true, tokens, roles, limits: {}, ...provider },
  };
  const settings = { access, environment: { apiToken, dataDir: folder } as EnvironmentSettings };
  return new Sessions(settings, false, new Identities(settings), () => new Date(NOON));
}

describe('sessions', () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are of whoever knows the API token, for some hours', async () => {
    expect(await sessionsWith('secret').ofToken('secret')).toEqual({
      issuer: 'tokens',
      subject: 'api',
      roles: [],
      end: new Date('2026-01-01T20:00:00Z'),
    });
    expect((await sessionsWith('secret', { hours: 1 }).ofToken('secret'))?.end).toEqual(
      new Date('2026-01-01T13:00:00Z'),
    );
    for (const token of [undefined, '', 'wrong']) expect(await sessionsWith('secret').ofToken(token)).toBeUndefined();
  });

  it('are known to another replica with the same token, or the same key', async () => {
    expect(await opened(sessionsWith('secret'), sessionsWith('secret'))).toMatchObject({ subject: 'api' });
    const keys: AccessSettings['keys'] = ['k'.repeat(43)];
    expect(await opened(sessionsWith('secret', { keys }), sessionsWith('secret', { keys }))).toBeDefined();
    expect(await opened(sessionsWith('secret'), sessionsWith('secret', { keys }))).toBeUndefined();
  });

  it('outlive one key that is replaced by another', async () => {
    const [old, young] = ['o'.repeat(43), 'y'.repeat(43)] as const;
    const [before, between, after] = [[old], [young, old], [young]] as const;
    const of = (keys: AccessSettings['keys']) => sessionsWith('secret', { keys });
    expect(await opened(of(between), of(before))).toBeDefined();
    expect(await opened(of(after), of(between))).toBeDefined();
    expect(await opened(of(after), of(before))).toBeUndefined();
  });

  it('end with the token that opened them, whatever the key', async () => {
    const keys: AccessSettings['keys'] = ['k'.repeat(43)];
    expect(await opened(sessionsWith('another', { keys }), sessionsWith('secret', { keys }))).toBeUndefined();
  });

  it('end with their time', async () => {
    expect(await opened(sessionsWith('secret', { time: NOON + 8 * 3600_000 }), sessionsWith('secret'))).toBeUndefined();
  });

  it('are of a key of its own on the embedded cluster, which is made once and stays', async () => {
    const [one, two] = ['one', 'two'].map((name) => join(folder, name));
    const at = (dataDir = '') => sessionsWith('secret', { embedded: true, dataDir });
    expect(await opened(at(one), at(one))).toBeDefined();
    expect(await opened(at(two), at(one))).toBeUndefined();
    expect(await opened(sessionsWith('secret'), at(one))).toBeUndefined();
    const file = join(one ?? '', 'cluster', 'access-key');
    expect([statSync(file).mode & 0o777, Buffer.from(readFileSync(file, 'utf8'), 'base64').length]).toEqual([
      0o600, 32,
    ]);
  });

  it('ask whose the token is for the address that shows it', async () => {
    const settings = { access: { sessionHours: 8 }, environment: { dataDir: folder } as EnvironmentSettings };
    const of = jest.fn<Identities['of']>().mockRejectedValue(new InvalidTokenError('nobody’s'));
    const identities = { of, rules: {}, tokens: { proofOf: () => undefined } } as unknown as Identities;
    expect(await new Sessions(settings, false, identities).ofToken('opaque', '192.0.2.1')).toBeUndefined();
    expect(of).toHaveBeenCalledWith('opaque', '192.0.2.1');
  });

  it('are of whoever has a token, where roles decide, and end with it', async () => {
    const keys: AccessSettings['keys'] = ['k'.repeat(43)];
    const [ann, another] = [digestOf('of ann'), digestOf('another')];
    const session = await sessionsOfAnn(ann, keys).ofToken('of ann');
    expect(session).toMatchObject({ issuer: 'tokens', subject: 'ann' });
    expect(await opened(sessionsOfAnn(ann, keys), sessionsOfAnn(ann, keys), 'of ann')).toEqual({
      ...session,
      roles: ['user'],
    });
    // What the configuration gives the token changes what the session may.
    const less = sessionsOfAnn(ann, keys, undefined, { role: 'reader' });
    expect(await opened(less, sessionsOfAnn(ann, keys), 'of ann')).toMatchObject({ roles: ['reader'] });
    expect(await opened(sessionsOfAnn(another, keys), sessionsOfAnn(ann, keys), 'of ann')).toBeUndefined();
    expect(await sessionsOfAnn(ann, keys).ofToken('another')).toBeUndefined();
    expect(sessionsOfAnn(ann).whyOff).toContain('access.key');
    expect(sessionsOfAnn(ann, undefined, 'secret').whyOff).toBeUndefined();
  });

  it('of a provider hold while that is configured, have the roles of its claims, and end with what proved them', async () => {
    const keys: AccessSettings['keys'] = ['k'.repeat(43)];
    const issuer = 'https://id.example.org';
    const at = (configured?: string) =>
      sessionsOfAnn(digestOf('x'), keys, undefined, configured === undefined ? {} : { issuer: configured });
    const until = new Date(NOON + 300_000);
    const session = at(issuer).start({
      issuer,
      subject: 'ann',
      groups: [],
      roles: ['user', 'none'],
      means: 'jwt',
      until,
    });
    expect(session).toEqual({ issuer, subject: 'ann', roles: ['user'], end: until });
    const text = await at(issuer).close(session);
    expect(await at(issuer).open(text)).toEqual(session);
    expect([await at().open(text), await at('https://other.example.org').open(text)]).toEqual([undefined, undefined]);
  });

  it('are nobody’s where there is no token, and the reason is said', async () => {
    const off = sessionsWith(undefined, { keys: ['k'.repeat(43)] });
    expect([off.whyOff, await off.ofToken(undefined), await off.ofToken(''), await off.open('a.b')]).toEqual([
      expect.stringContaining('PYGEOAPI_K8S_MANAGER_API_TOKEN'),
      undefined,
      undefined,
      undefined,
    ]);
    expect(sessionsWith('secret').whyOff).toBeUndefined();
  });
});
