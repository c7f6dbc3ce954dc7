import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../../configuration-error.js';
import { loadConfiguration } from '../../load-configuration.js';

const folder = mkdtempSync(join(tmpdir(), 'access-'));
const [KEY, OTHER] = [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(40, 2).toString('base64url')];

function load(access: string, environment: Readonly<Record<string, string>> = {}) {
  writeFileSync(join(folder, 'c.yaml'), `access: ${access}\nresources: {}\n`);
  const variables = { PYGEOAPI_CONFIG: join(folder, 'c.yaml'), ...environment };
  return loadConfiguration({ environment: variables, workingDirectory: tmpdir() }).configuration.access;
}
function faultOf(access: string, environment: Readonly<Record<string, string>> = {}): string {
  try {
    load(access, environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error('There are no faults.');
}

describe('access', () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has no key and sessions of eight hours where nothing is said', () => {
    expect([load(''), load('{}')]).toEqual([{ sessionHours: 8 }, { sessionHours: 8 }]);
  });

  it('has keys of a variable, of the usual one or the one that is named, or of a file beside the configuration', () => {
    expect(load('', { PYGEOAPI_K8S_MANAGER_ACCESS_KEY: KEY })).toEqual({ keys: [KEY], sessionHours: 8 });
    expect(load('{key: {env: MINE}, session_hours: 1}', { MINE: `${KEY} ${OTHER}` })).toEqual({
      keys: [KEY, OTHER],
      sessionHours: 1,
    });
    writeFileSync(join(folder, 'key'), `${KEY}\n${OTHER}\n`);
    expect(load('{key: {file: key}}', { PYGEOAPI_K8S_MANAGER_ACCESS_KEY: OTHER }).keys).toEqual([KEY, OTHER]);
  });

  it('records requests where it says: in a stream, or in a file that counts from the folder of the configuration', () => {
    expect(['stdout', 'log/audit', '/var/log/audit'].map((path) => load(`{audit: ${path}}`).audit)).toEqual([
      'stdout',
      join(folder, 'log/audit'),
      '/var/log/audit',
    ]);
    expect(load('{audit: stdout}').rules).toBeUndefined();
  });

  const short = Buffer.alloc(31, 7).toString('base64');
  it.each<[string, string, Readonly<Record<string, string>>, RegExp]>([
    ['a short key', '', { PYGEOAPI_K8S_MANAGER_ACCESS_KEY: short }, /ACCESS_KEY: must be the base64 .*openssl rand/],
    ['a short key among others', '{key: {env: A}}', { A: `${KEY} ${short}` }, /access\.key\.env: .*openssl rand/],
    ['a variable that is not set', '{key: {env: A}}', {}, /access\.key\.env: .*\(A is not set\)/],
    ['a file that is not there', '{key: {file: none}}', {}, /access\.key\.file: cannot be read/],
    ['a key in the file itself', `{key: ${short}}`, {}, /access\.key: must be a mapping/],
    ['a place that says nothing', '{key: {}}', {}, /access\.key: must have env.*or file/],
    ['two places', '{key: {env: A, file: b}}', { A: KEY }, /access\.key\.file: must not stand beside env/],
    ['no file', '{audit: ""}', {}, /access\.audit: must be stdout, or the path of a file/],
    ['no time', '{session_hours: 0}', {}, /access\.session_hours: must be an integer from 1 to 672/],
  ])('is at fault with %s, which is not shown', (_, access, environment, expected) => {
    const fault = faultOf(access, environment);
    expect(fault).toMatch(expected);
    expect(fault).not.toContain(short);
  });
});
