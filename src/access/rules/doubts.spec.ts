import { describe, expect, it } from '@jest/globals';
import type { AccessRules, RoleSettings } from '../../config/sections/access/access-rules.js';
import type { OidcSettings } from '../../config/sections/access/oidc.js';
import { doubtsOf } from './doubts.js';

const role = (name: string, more: Partial<RoleSettings> = {}): RoleSettings => ({
  ...{ name, may: ['read'], processes: ['*'], groups: [], subjects: [], limits: {} },
  ...more,
});
const user = { name: 'ann', roles: ['user'], sha256: ['0'.repeat(64)] };
const rules = (more: Partial<AccessRules>): AccessRules => ({
  ...{ ownJobs: true, tokens: [user], roles: [role('user')], limits: {} },
  ...more,
});
const OIDC = {} as OidcSettings;

describe('what an operator may not have meant', () => {
  it.each<[string, AccessRules, boolean]>([
    ['all is named', rules({}), false],
    ['groups have a role', rules({ roles: [role('user'), role('staff', { groups: ['staff'] })] }), false],
    ['claims may say roles', rules({ roles: [role('user'), role('staff')], oidc: OIDC }), false],
    ['the API token has a role', rules({ roles: [role('user', { subjects: ['api'] })] }), true],
    ['the API token is an entry', rules({ tokens: [user, { name: 'api', roles: ['user'] }] }), true],
    [
      'who shows nothing executes, with a limit',
      rules({ anonymous: 'user', roles: [role('user', { may: ['execute'], limits: { running: 1 } })] }),
      false,
    ],
    [
      'who shows nothing executes, with a limit of all',
      rules({ anonymous: 'user', roles: [role('user', { may: ['execute'] })], limits: { running: 1 } }),
      false,
    ],
  ])('is nothing where %s', (_, settings, hasApiToken) => {
    expect(doubtsOf(settings, hasApiToken)).toEqual([]);
  });

  it.each<[string, AccessRules, boolean, RegExp]>([
    ['a role that nobody has', rules({ roles: [role('user'), role('idle')] }), false, /^Nobody has .*: idle\.$/],
    ['a token without role', rules({ tokens: [user, { name: 'bob', roles: [] }] }), false, /no role.*: bob\.$/],
    ['a subject that is nobody', rules({ roles: [role('user', { subjects: ['eve'] })] }), false, /no token.*: eve\.$/],
    ['the API token for nothing', rules({}), true, /^The API token is set and opens nothing/],
    [
      'execution by everybody',
      rules({ anonymous: 'user', roles: [role('user', { may: ['execute'] })] }),
      false,
      /^Whoever reaches the server may execute, without any limit \(access\.anonymous is user\)/,
    ],
  ])('is %s', (_, settings, hasApiToken, expected) => {
    expect(doubtsOf(settings, hasApiToken)).toEqual([expect.stringMatching(expected)]);
  });

  it('names no more than some', () => {
    const roles = [role('user'), ...Array.from({ length: 12 }, (_, at) => role(`r${at}`))];
    expect(doubtsOf(rules({ roles }), false)).toEqual([expect.stringMatching(/r9 and 2 more\.$/)]);
  });
});
