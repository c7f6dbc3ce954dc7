import { describe, expect, it } from '@jest/globals';
import type { AccessRules, RoleSettings } from '../../config/sections/access/access-rules.js';
import type { Identity } from '../../ogc/requests/identity.js';
import { matchesGlob } from './glob.js';
import { ownerOf } from './owner.js';
import { Rules } from './rules.js';

const role = (name: string, more: Partial<RoleSettings>): RoleSettings => ({
  name,
  may: [],
  processes: ['*'],
  groups: [],
  subjects: [],
  limits: {},
  ...more,
});
const who = (subject: string, more: Partial<Identity> = {}): Identity => ({
  issuer: 'https://id.example.org',
  subject,
  groups: [],
  roles: [],
  means: 'jwt',
  ...more,
});
const rulesOf = (more: Partial<AccessRules>): Rules =>
  new Rules({ ownJobs: true, tokens: [], roles: [], limits: {}, ...more });

describe('rules', () => {
  const rules = rulesOf({
    anonymous: 'guest',
    roles: [
      role('guest', { may: ['read'], processes: ['open-*'] }),
      role('user', { may: ['read', 'execute'], processes: ['a', 'b-*'], groups: ['staff'] }),
      role('reader', { may: ['read', 'logs'], subjects: ['rita'] }),
      role('admin', { may: ['admin'] }),
    ],
  });

  it.each([
    [undefined, 'read', 'open-1', true],
    [undefined, 'read', 'a', false],
    [undefined, 'execute', 'open-1', false],
    [who('ann', { roles: ['user'] }), 'execute', 'a', true],
    [who('ann', { roles: ['user'] }), 'execute', 'b-2', true],
    [who('ann', { roles: ['user'] }), 'execute', 'c', false],
    [who('ann', { roles: ['user'] }), 'logs', 'a', false],
    // What anonymous callers may is not everybody's.
    [who('ann', { roles: ['user'] }), 'read', 'open-1', false],
    [who('bob', { groups: ['staff'] }), 'execute', 'a', true],
    [who('rita'), 'logs', 'anything', true],
    [who('rita'), 'execute', 'a', false],
    [who('nobody'), 'read', 'a', false],
    [who('root', { roles: ['admin'] }), 'execute', 'anything', true],
    [who('eve', { roles: ['unknown'] }), 'read', 'a', false],
  ] as const)('%j may %s %s: %s', (identity, action, process, expected) => {
    expect(rules.may(identity, action, process)).toBe(expected);
  });

  it('give nobody at a provider the roles of a token by its name', () => {
    const named = rulesOf({
      tokens: [{ name: 'ops', roles: [], sha256: ['0'] }],
      roles: [role('admin', { may: ['admin'], subjects: ['ops', 'api', 'zoe'] })],
    });
    const [token, stranger] = [{ issuer: 'tokens' }, {}];
    const admins = (more: Partial<Identity>) =>
      ['ops', 'api', 'zoe'].filter((subject) => named.isAdmin(who(subject, more)));
    expect([admins(token), admins(stranger)]).toEqual([['ops', 'api', 'zoe'], ['zoe']]);
  });

  it('let one see one’s own jobs, of processes that one may read, and admins all', () => {
    const [ann, root] = [who('ann', { roles: ['user'] }), who('root', { roles: ['admin'] })];
    const own = { processId: 'a', owner: rules.ownerOf(ann) };
    expect(rules.sees(ann, own)).toBe(true);
    expect(rules.sees(who('bob', { roles: ['user'] }), own)).toBe(false);
    expect(rules.sees(undefined, own)).toBe(false);
    expect(rules.sees(ann, { ...own, processId: 'c' })).toBe(false);
    expect(rules.sees(ann, { processId: 'a' })).toBe(false);
    expect([rules.sees(root, own), rules.sees(root, { processId: 'gone' })]).toEqual([true, true]);
    const shared = rulesOf({ ownJobs: false, roles: [role('user', { may: ['read'] })] });
    expect(shared.sees(who('bob', { roles: ['user'] }), own)).toBe(true);
    expect(shared.sees(who('eve'), own)).toBe(false);
  });

  it('give the most generous limit of several roles, then what holds for all, and admins none', () => {
    const limited = rulesOf({
      limits: { running: 1, waiting: 2 },
      roles: [
        role('few', { limits: { running: 3, inputBytes: 10 } }),
        role('many', { limits: { running: 7 } }),
        role('admin', { may: ['admin'], limits: { running: 1 } }),
      ],
    });
    expect(limited.limitsOf(who('a', { roles: ['few', 'many'] }))).toEqual({ running: 7, waiting: 2, inputBytes: 10 });
    expect(limited.limitsOf(who('a'))).toEqual({ running: 1, waiting: 2 });
    expect(limited.limitsOf(who('a', { roles: ['few', 'admin'] }))).toEqual({});
  });

  it('say the queue of one’s jobs, by the first role that does', () => {
    const rules = rulesOf({
      roles: [
        role('one', {}),
        role('two', { queueName: 'batch' }),
        role('three', { queueName: 'x', queuePriority: 'low' }),
      ],
    });
    expect(rules.queueOf(who('a', { roles: ['one', 'two', 'three'] }))).toEqual({
      queueName: 'batch',
      queuePriority: 'low',
    });
    expect(rules.queueOf(who('a', { roles: ['one'] }))).toEqual({});
  });

  it('name owners by issuer and subject, as a label can', () => {
    const owners = [ownerOf(who('ann')), ownerOf(who('bob')), ownerOf(who('ann', { issuer: 'i' })), ownerOf(undefined)];
    expect(new Set(owners).size).toBe(4);
    for (const owner of owners) expect(owner).toMatch(/^[a-z2-7]{32}$/);
    expect(ownerOf(who('ann', { roles: ['user'], means: 'session' }))).toBe(owners[0]);
  });
});

describe('a pattern of ids', () => {
  it.each([
    ['*', '', true],
    ['*', 'anything', true],
    ['a', 'a', true],
    ['a', 'ab', false],
    ['a*', 'a', true],
    ['*a', 'ba', true],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['a*a*a', 'aa', false],
    ['**', 'x', true],
  ])('%s and %s: %s', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });
});
