import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidTokenError } from '../../ogc/domain-errors.js';
import type { EnvironmentSettings } from '../../config/configuration.js';
import { Identities } from './identities.js';
import { NamedTokens } from './named-tokens.js';
import { digestOf } from './token-digest.js';

const folder = mkdtempSync(join(tmpdir(), 'tokens-'));
const NOON = new Date('2026-01-01T12:00:00Z');

describe('tokens with names', () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are known by a digest, or by what a variable or a file holds', () => {
    writeFileSync(join(folder, 'ops'), 'of ops\n');
    const tokens = new NamedTokens(
      [
        { name: 'ann', roles: ['user'], sha256: digestOf('of ann') },
        { name: 'bob', roles: [], token: 'of bob' },
        { name: 'ops', roles: ['admin'], file: join(folder, 'ops') },
      ],
      undefined,
    );
    expect(tokens.find('of ann')).toEqual({
      issuer: 'tokens',
      subject: 'ann',
      groups: [],
      roles: ['user'],
      means: 'token',
    });
    expect(
      ['of bob', 'of ops', 'of ops\n', '', digestOf('of ann')].map((token) => tokens.find(token)?.subject),
    ).toEqual(['bob', 'ops', undefined, undefined, undefined]);
    tokens.stop();
  });

  it('are over when they expire', () => {
    const tokens = (expires: Date) =>
      new NamedTokens([{ name: 'ann', roles: [], token: 'of ann', expires }], undefined, () => NOON);
    expect(tokens(new Date(NOON.getTime() + 1)).find('of ann')).toBeDefined();
    expect(tokens(NOON).find('of ann')).toBeUndefined();
    expect(tokens(NOON).proofOf('ann')).toBeUndefined();
  });

  it('have the API token among them, with the roles of its entry', () => {
    expect(new NamedTokens([], 'secret').find('secret')).toMatchObject({ subject: 'api', roles: [] });
    expect(new NamedTokens([{ name: 'api', roles: ['user'] }], 'secret').find('secret')).toMatchObject({
      subject: 'api',
      roles: ['user'],
    });
    const replaced = new NamedTokens([{ name: 'api', roles: [], sha256: digestOf('new') }], 'secret');
    expect([replaced.find('secret'), replaced.find('new')?.subject]).toEqual([undefined, 'api']);
  });

  it('make identities, and what is none of them is refused', async () => {
    const environment = { apiToken: 'secret' } as EnvironmentSettings;
    const rules = { ownJobs: true, tokens: [], roles: [], limits: {} };
    const identities = new Identities({ access: { sessionHours: 8, rules }, environment });
    expect(await identities.of('secret')).toMatchObject({ subject: 'api' });
    await expect(identities.of('another')).rejects.toThrow(InvalidTokenError);
    expect(new Identities({ access: { sessionHours: 8 }, environment }).rules).toBeUndefined();
  });
});
