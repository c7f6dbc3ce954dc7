import { afterAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../../configuration-error.js';
import { loadConfiguration } from '../../load-configuration.js';

const folder = mkdtempSync(join(tmpdir(), 'access-rules-'));
const DIGEST = 'ab'.repeat(32);

function load(access: string, environment: Readonly<Record<string, string>> = {}, url = '') {
  writeFileSync(join(folder, 'c.yaml'), `access: ${access}\nresources: {}\nserver: { url: ${url} }\n`);
  const variables = { PYGEOAPI_CONFIG: join(folder, 'c.yaml'), ...environment };
  return loadConfiguration({ environment: variables, workingDirectory: tmpdir() });
}
const rulesOf = (access: string, environment: Readonly<Record<string, string>> = {}) =>
  load(access, environment).configuration.access.rules;
function faultOf(access: string, environment: Readonly<Record<string, string>> = {}): string {
  try {
    load(access, environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error('There are no faults.');
}

describe('rules of access', () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are none where nothing is said of roles, tokens or callers', () => {
    expect(['', '{}', '{session_hours: 1}', '{roles: , tokens: }'].map((text) => rulesOf(text))).toEqual(
      Array(4).fill(undefined),
    );
  });

  it('say how many jobs of a process run at once', () => {
    expect(rulesOf('{limits: {per_process: {running: 3}}}')).toMatchObject({ runningOfProcess: 3, limits: {} });
    expect(rulesOf('{limits: {per_caller: {running: 3}}}')).not.toHaveProperty('runningOfProcess');
    expect(faultOf('{limits: {per_process: {running: 0}}}')).toMatch('access.limits.per_process.running');
  });

  it('are read whole', () => {
    const text = `
  anonymous: guest
  tokens:
    - {name: ann, sha256: ${DIGEST.toUpperCase()}, roles: [user], expires: 2027-01-01}
    - {name: bob, env: BOB}
    - {name: ops, file: ops, expires: 2027-01-01T12:00:00+01:00}
    - {name: api, roles: [user]}
  limits: {per_caller: {running: 2}}
  roles:
    guest: {may: [read], processes: [open-*]}
    user:
      may: [read, execute]
      groups: [staff]
      subjects: [zoe]
      queue_name: lq
      limits: {waiting: 20, submissions_per_minute: 3, input_bytes: 10M, stored_bytes: 2Gi}`;
    expect(rulesOf(text, { BOB: ' of bob\n' })).toEqual({
      anonymous: 'guest',
      ownJobs: true,
      tokens: [
        { name: 'ann', sha256: [DIGEST], roles: ['user'], expires: new Date('2027-01-01T00:00:00Z') },
        { name: 'bob', token: 'of bob', roles: [] },
        { name: 'ops', file: join(folder, 'ops'), roles: [], expires: new Date('2027-01-01T11:00:00Z') },
        { name: 'api', roles: ['user'] },
      ],
      limits: { running: 2 },
      roles: [
        { name: 'guest', may: ['read'], processes: ['open-*'], groups: [], subjects: [], limits: {} },
        {
          name: 'user',
          may: ['read', 'execute'],
          processes: ['*'],
          groups: ['staff'],
          subjects: ['zoe'],
          queueName: 'lq',
          limits: { waiting: 20, submissionsPerMinute: 3, inputBytes: 10_000_000, storedBytes: 2 * 2 ** 30 },
        },
      ],
    });
    expect(rulesOf('{anonymous: none, own_jobs: false}')).toEqual({
      ownJobs: false,
      tokens: [],
      roles: [],
      limits: {},
    });
  });

  it('have a provider of OpenID Connect', () => {
    const oidc = '{issuer: "https://id.example.org", audience: [api], client: {id: pages, secret: {env: S}}}';
    const { access } = load(`{oidc: ${oidc}}`, { S: 'hidden' }, 'https://api.example.org').configuration;
    expect(access.rules?.oidc).toEqual({
      issuer: 'https://id.example.org',
      audience: ['api'],
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      tokenType: 'at+jwt',
      clockSkew: 30,
      claims: { subject: 'sub', name: 'name', groups: 'groups', roles: 'roles' },
      client: { id: 'pages', secret: 'hidden' },
      scopes: ['openid', 'profile'],
      title: 'id.example.org',
    });
  });

  it('give nobody the token of another, wherever it stands', () => {
    const digest = createHash('sha256').update('the-same-token-of-two').digest('hex');
    writeFileSync(join(folder, 'same'), 'another-token-of-theirs the-same-token-of-two\n');
    const entries = [`sha256: ${digest}`, 'env: SAME', 'file: same', 'env: OTHER'];
    const environment = { SAME: 'the-same-token-of-two', OTHER: 'the-token-of-the-variable' };
    const tokens = `{tokens: [${entries.map((entry, at) => `{name: t${at}, ${entry}}`).join(', ')}]}`;
    const message = faultOf(tokens, { ...environment, PYGEOAPI_K8S_MANAGER_API_TOKEN: environment.OTHER });
    expect(message.match(/access\.tokens.*/g)).toEqual([
      'access.tokens[1].env: must hold no token that is another’s (it is that of t0)',
      'access.tokens[2].file: must hold no token that is another’s (it is that of t0)',
      'access.tokens[3].env: must hold no token that is another’s (it is that of api)',
    ]);
    expect(message).not.toContain('the-same');
    // Of one name there may be several, as often as one likes; and what cannot be read is told of later.
    const twice = `{tokens: [{name: api}, {name: t, sha256: [${digest}, ${digest}]}, {name: u, file: none}]}`;
    expect(rulesOf(twice, { PYGEOAPI_K8S_MANAGER_API_TOKEN: 'x' })?.tokens).toHaveLength(3);
  });

  it('name keys that nobody knows', () => {
    expect(load('{roles: {user: {mya: [read]}}, tokns: []}').warnings).toEqual(
      expect.arrayContaining([
        expect.stringContaining('access.roles.user.mya: unknown key'),
        expect.stringContaining('access.tokns: unknown key'),
      ]),
    );
  });

  it.each<[string, RegExp]>([
    [
      '{oidc: {issuer: "https://id.example.org", audience: [api], client: {id: pages}}}',
      /access\.oidc\.client: needs server\.url/,
    ],
    ['{anonymous: guest}', /access\.anonymous: must name a role of access\.roles \(is "guest"; those are none\)/],
    ['{roles: [user]}', /access\.roles: must be a mapping of names/],
    ['{roles: {"a b": {}}}', /access\.roles\["a b"\]: must be a name/],
    ['{roles: {user: {may: [fly]}}}', /access\.roles\.user\.may: must be a list of read, execute/],
    [
      '{roles: {user: {limits: {running: -1}}}}',
      /access\.roles\.user\.limits\.running: must be an integer of at least 0/,
    ],
    ['{roles: {user: {limits: {input_bytes: 10X}}}}', /limits\.input_bytes: must be a number of bytes, such as/],
    [
      '{tokens: [{name: a, sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855}]}',
      /tokens\[0\]\.sha256: must be the SHA-256 of a token \(it is that of nothing/,
    ],
    ['{tokens: [{name: ann}]}', /access\.tokens\[0\]: must have sha256 .*env.*file/],
    ['{tokens: [{name: ann, env: NONE}]}', /access\.tokens\[0\]\.env: must name a variable .*NONE is not set/],
    [`{tokens: [{name: ann, sha256: ${DIGEST}, roles: [user]}]}`, /access\.tokens\[0\]\.roles\[0\]: must name a role/],
    [
      `{tokens: [{name: a, sha256: ${DIGEST}}, {name: a, sha256: ${DIGEST}}]}`,
      /access\.tokens\[1\]\.name: must be the name of no other/,
    ],
    [
      `{tokens: [{name: a, sha256: ${DIGEST}}, {name: b, sha256: ${DIGEST}}]}`,
      /access\.tokens\[1\]\.sha256: must be the SHA-256 of no other/,
    ],
    [`{tokens: [{name: a, sha256: ${DIGEST}, expires: tomorrow}]}`, /access\.tokens\[0\]\.expires: must be a date/],
    [`{tokens: [{name: a, sha256: ${DIGEST}, env: A}]}`, /access\.tokens\[0\]\.env: must not stand beside sha256/],
    ['{oidc: {issuer: "http://id.example.org", audience: [a]}}', /access\.oidc\.issuer: must be https/],
    ['{oidc: {issuer: "https://id.example.org"}}', /access\.oidc\.audience: must be a list/],
    [
      '{oidc: {issuer: "https://a.b", audience: [a], algorithms: [HS256]}}',
      /oidc\.algorithms: must be a list of RS256/,
    ],
    ['{oidc: {issuer: "https://a.b", audience: [a], client: {id: p, secret: {}}}}', /client\.secret: must have env/],
    [
      '{oidc: {issuer: "https://a.b", audience: [a], client: {id: p, secret: {file: no}}}}',
      /secret\.file: cannot be read/,
    ],
  ])('refuse %s', (access, message) => {
    expect(faultOf(access)).toMatch(message);
  });

  it.each([
    ['{tokens: [~]}', ['access.tokens[0]']],
    ['{tokens: [{name: a, sha256: ~}]}', ['access.tokens[0]']],
    ['{tokens: [{name: a, file: ~, env: NONE}]}', ['access.tokens[0].env']],
    ['{tokens: [5, text, {name: a, sha256: 5}, {name: b, sha256: [5]}]}', undefined],
    ['{tokens: [{name: a, sha256: 5}]}', ['access.tokens[0].sha256']],
    ['{tokens: [{name: a, file: 5}]}', ['access.tokens[0].file']],
    ['{tokens: [{name: a, env: {}}]}', ['access.tokens[0].env']],
    ['{roles: {user: {may: [fly]}}, anonymous: user}', ['access.roles.user.may']],
  ])('refuse what is of another type, %s, with its place and nothing that follows from it', (access, expected) => {
    const places = faultOf(access)
      .split('\n')
      .map((line) => line.split(': ')[1]);
    if (expected) expect(places).toEqual(expected);
    expect(places.every((place) => place?.startsWith('access.'))).toBe(true);
  });

  it('show no token that stands where its digest was meant', () => {
    expect(faultOf('{tokens: [{name: a, sha256: correct-horse}]}')).toMatch(/sha256: must be .*the value is not shown/);
  });
});
