import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { loadConfiguration } from '../config/load-configuration.js';
import { runToken } from './token.js';

async function run(args: readonly string[], input = '') {
  const lines: string[] = [];
  const status = await runToken(args, (line) => lines.push(line), Readable.from([input]));
  return { status, lines };
}
const digestOf = (token: string) => createHash('sha256').update(token).digest('hex');

describe('npm run token', () => {
  it('makes another token of 256 bits each time, with its digest', async () => {
    const [one, other] = await Promise.all([run([]), run([])]);
    const [token = '', sha256] = one.lines.map((line) => line.split(/ +/).at(1) ?? '');
    expect(token).toMatch(/^ogcp_[0-9a-f]{64}$/);
    expect([one.status, sha256]).toEqual([0, digestOf(token)]);
    expect(other.lines.join()).not.toContain(token);
  });

  it.each([
    ['ann', ['user', 'true'], '2031-01-01'],
    ['123@example.org', ['user'], '2031-01-01T12:00:00+02:00'],
    ['on', [], undefined],
  ])('prints a line that the configuration takes: %s', async (name, roles, expires) => {
    const flags = [...roles.flatMap((role) => ['--role', role]), ...(expires ? ['--expires', expires] : [])];
    const { lines } = await run(['--name', name, ...flags]);
    const sha256 = lines[1]?.split(' ').at(-1);
    const folder = mkdtempSync(join(tmpdir(), 'token-'));
    const file = join(folder, 'c.yaml');
    const access = `access:\n  tokens:\n${lines.at(-1)}\n  roles: {user: {}, 'true': {}}\n`;
    writeFileSync(file, `resources: {}\n${access}`);
    const { configuration } = loadConfiguration({ environment: { PYGEOAPI_CONFIG: file }, workingDirectory: folder });
    rmSync(folder, { recursive: true });
    const until = expires === undefined ? {} : { expires: new Date(expires) };
    expect(configuration.access.rules?.tokens).toEqual([{ name, roles, sha256: [sha256], ...until }]);
  });

  it('reads one from the standard input, and shows only its digest', async () => {
    const { status, lines } = await run(['--hash', '--name', 'ann'], 'given-token\n');
    expect([status, lines[0]]).toEqual([0, `sha256: ${digestOf('given-token')}`]);
    expect(lines.join()).not.toContain('given-token');
  });

  it.each([
    [['--hash'], '', /one token/],
    [['--hash'], 'two tokens', /one token/],
    [['--hash', 'a-token'], '', /^There are no arguments.*standard input/],
    [['--name', 'a b'], '', /--name must be/],
    [['--role', '*'], '', /--role must be/],
    [['--expires', 'soon'], '', /--expires must be/],
    [['--nothing'], '', /--nothing/],
  ])('refuses %j with input %j', async (args, input, expected) => {
    const { status, lines } = await run(args, input);
    expect([status, lines.join()]).toEqual([2, expect.stringMatching(expected)]);
    expect(lines.join()).not.toMatch(/a-token|two tokens/);
  });
});
