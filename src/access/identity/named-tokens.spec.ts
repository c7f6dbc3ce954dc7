import { Logger } from '@nestjs/common';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidTokenError } from '../../ogc/domain-errors.js';
import type { EnvironmentSettings } from '../../config/configuration.js';
import { Identities, type TokenReader } from './identities.js';
import { eventually } from '../../../test/support/wait.js';
import { NamedTokens } from './named-tokens.js';
import { digestOf } from './token-digest.js';

const folder = mkdtempSync(join(tmpdir(), 'tokens-'));
const NOON = new Date('2026-01-01T12:00:00Z');

describe('tokens with names', () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are known by a digest, or by what a variable or a file holds', () => {
    writeFileSync(join(folder, 'ops'), 'token-of-ops\n');
    const tokens = new NamedTokens(
      [
        { name: 'ann', roles: ['user'], sha256: [digestOf('token-of-ann')] },
        { name: 'bob', roles: [], token: 'token-of-bob' },
        { name: 'ops', roles: ['admin'], file: join(folder, 'ops') },
      ],
      undefined,
    );
    expect(tokens.find('token-of-ann')).toEqual({
      issuer: 'tokens',
      subject: 'ann',
      groups: [],
      roles: ['user'],
      means: 'token',
    });
    expect(
      ['token-of-bob', 'token-of-ops', 'token-of-ops\n', '', digestOf('token-of-ann')].map(
        (token) => tokens.find(token)?.subject,
      ),
    ).toEqual(['bob', 'ops', undefined, undefined, undefined]);
    tokens.stop();
  });

  it('are neither empty nor blank, though their digests were given', () => {
    const empty = ['', '\n', ' '];
    const tokens = new NamedTokens([{ name: 'ann', roles: [], sha256: empty.map(digestOf) }], undefined);
    expect(empty.flatMap((token) => [tokens.find(token), tokens.proofOf(token)])).toEqual(Array(6).fill(undefined));
  });

  it('are over when they expire', () => {
    const tokens = (expires: Date) =>
      new NamedTokens([{ name: 'ann', roles: [], token: 'token-of-ann', expires }], undefined, () => NOON);
    expect(tokens(new Date(NOON.getTime() + 1)).find('token-of-ann')).toBeDefined();
    expect(tokens(NOON).find('token-of-ann')).toBeUndefined();
    expect(tokens(NOON).proofOf('token-of-ann')).toBeUndefined();
  });

  it('are several of one name while one replaces another, and each ends its own sessions', () => {
    const tokens = (...sha256: string[]) => new NamedTokens([{ name: 'ann', roles: [], sha256 }], undefined);
    const [old, young] = [digestOf('old'), digestOf('young')];
    const both = tokens(old, young);
    expect(['old', 'young'].map((token) => both.find(token)?.subject)).toEqual(['ann', 'ann']);
    const [ofOld = '', ofYoung = ''] = ['old', 'young'].map((token) => both.proofOf(token));
    expect([ofOld, ofYoung].map((proof) => both.withProof('ann', proof)?.subject)).toEqual(['ann', 'ann']);
    expect([ofOld, ofYoung].map((proof) => tokens(young).withProof('ann', proof)?.subject)).toEqual([undefined, 'ann']);
    expect(tokens(young).withProof('bob', ofYoung)).toBeUndefined();
    const inVariable = new NamedTokens([{ name: 'bob', roles: [], token: 'first-of-them second-of-them' }], undefined);
    expect(inVariable.find('second-of-them')?.subject).toBe('bob');
  });

  it('are read again when a mounted Secret changes, and over when that is gone', async () => {
    const mount = mkdtempSync(join(folder, 'mount-'));
    /** As kubelet does: a folder for each version, and links that are replaced at once. */
    const publish = (version: string, text?: string) => {
      mkdirSync(join(mount, version));
      if (text !== undefined) writeFileSync(join(mount, version, 'token'), text);
      symlinkSync(version, join(mount, '..next'));
      renameSync(join(mount, '..next'), join(mount, '..data'));
    };
    publish('..1', 'the-first-token-of-ops\n');
    symlinkSync('..data/token', join(mount, 'token'));
    const file = join(mount, 'token');
    const tokens = new NamedTokens([{ name: 'ops', roles: ['admin'], file }], undefined, undefined, 10);
    const known = () => ['first', 'second'].filter((which) => tokens.find(`the-${which}-token-of-ops`));
    expect(known()).toEqual(['first']);
    publish('..2', 'the-second-token-of-ops the-first-token-of-ops');
    await eventually('both', () => known().join() === 'first,second');
    publish('..3', 'the-second-token-of-ops');
    await eventually('the second alone', () => known().join() === 'second');
    publish('..4');
    await eventually('none', () => known().join() === '');
    publish('..5', 'the-first-token-of-ops');
    await eventually('the first again', () => known().join() === 'first');
    tokens.stop();
    expect(known()).toEqual(['first']);
  });

  it('are not another’s when a file changes, which is warned of, until they are nobody else’s', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const [ann, bob] = ['of-ann', 'of-bob'].map((name) => join(folder, name)) as [string, string];
    writeFileSync(ann, 'the-first-token-of-ann');
    writeFileSync(bob, 'the-first-token-of-bob');
    const settings = [ann, bob].map((file, at) => ({ name: ['ann', 'bob'][at] ?? '', roles: [], file }));
    const tokens = new NamedTokens(settings, undefined, undefined, 10);
    const owner = (token: string) => tokens.find(`the-${token}`)?.subject;
    writeFileSync(ann, 'the-second-token-of-ann the-first-token-of-bob');
    await eventually('the second', () => owner('second-token-of-ann') === 'ann');
    expect(owner('first-token-of-bob')).toBe('bob');
    expect(warn.mock.calls.join()).toMatch(/The file of the token ann holds a token that is another’s/);
    expect(warn.mock.calls.join()).not.toContain('the-first');
    writeFileSync(bob, 'the-second-token-of-bob');
    await eventually('the token being ann’s', () => owner('first-token-of-bob') === 'ann');
    expect(owner('second-token-of-bob')).toBe('bob');
    tokens.stop();
    warn.mockRestore();
  });

  it('that are short are warned of, by their names', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    writeFileSync(join(folder, 'short'), 'fifteen-letters');
    const file = join(folder, 'short');
    new NamedTokens(
      [
        { name: 'ops', roles: [], file },
        { name: 'bob', roles: [], token: 'x'.repeat(16) },
      ],
      'abc',
    ).stop();
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^The token ops is shorter than 16 characters/)],
      [expect.stringMatching(/^The token api is shorter/)],
    ]);
    expect(warn.mock.calls.join()).not.toMatch(/fifteen|abc/);
    warn.mockRestore();
  });

  it('have the API token among them, with the roles of its entry', () => {
    expect(new NamedTokens([], 'secret').find('secret')).toMatchObject({ subject: 'api', roles: [] });
    expect(new NamedTokens([{ name: 'api', roles: ['user'] }], 'secret').find('secret')).toMatchObject({
      subject: 'api',
      roles: ['user'],
    });
    const replaced = new NamedTokens([{ name: 'api', roles: [], sha256: [digestOf('new')] }], 'secret');
    expect([replaced.find('secret'), replaced.find('new')?.subject]).toEqual([undefined, 'api']);
  });

  it('make identities, and what is none of them is refused', async () => {
    const environment = { apiToken: 'secret' } as EnvironmentSettings;
    const rules = { ownJobs: true, tokens: [], roles: [], limits: {} };
    const identities = new Identities({ access: { sessionHours: 8, rules }, environment });
    expect(await identities.of('secret')).toMatchObject({ subject: 'api' });
    await expect(identities.of('another')).rejects.toThrow(InvalidTokenError);
    // A provider is not told of tokens that are this server's.
    const read = jest.fn<TokenReader['read']>().mockResolvedValue(undefined);
    const over = { name: 'ann', roles: [], token: 'was-of-ann-for-a-while', expires: new Date(0) };
    const others = new Identities({ access: { sessionHours: 8, rules: { ...rules, tokens: [over] } }, environment }, [
      { read },
    ]);
    for (const token of ['was-of-ann-for-a-while', 'ogcp_0', 'strange'])
      await expect(others.of(token)).rejects.toThrow(InvalidTokenError);
    expect(read.mock.calls).toEqual([['strange']]);
    expect(new Identities({ access: { sessionHours: 8 }, environment }).rules).toBeUndefined();
  });
});
