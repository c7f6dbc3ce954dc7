import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Configuration } from '../config/configuration.js';
import type { AccessRequest } from '../processes/processor.js';
import type { ProcessRegistry } from '../processes/registry/process-registry.js';
import { InvalidTokenError } from '../ogc/domain-errors.js';
import { notedOf } from '../ogc/requests/record.js';
import { Access, callerOf } from './access.js';
import { Identities, type TokenReader } from './identity/identities.js';
import type { Sessions } from './session/sessions.js';
import { Standing } from './standing.js';

const OPERATIONS: readonly AccessRequest['operation'][] = [
  'execute',
  'read-log',
  'read-status',
  'read-results',
  'dismiss',
];

function bedOf(process: object | undefined, processes: readonly object[] = [], readers: readonly TokenReader[] = []) {
  const rules = {
    ...{ ownJobs: true, limits: {} },
    tokens: [
      { name: 'ann', token: 'a-token-that-is-of-ann', roles: ['user'] },
      { name: 'bob', token: 'a-token-that-is-of-bob', roles: [] },
    ],
    roles: [
      {
        name: 'user',
        processes: ['*'],
        may: ['read', 'execute', 'logs', 'dismiss'],
        groups: [],
        subjects: [],
        limits: {},
      },
    ],
  };
  const configuration = { environment: {}, access: { sessionHours: 8, rules }, processes } as unknown as Configuration;
  const registry = { find: () => process, list: () => [] } as unknown as ProcessRegistry;
  const identities = new Identities(configuration, readers);
  return { access: new Access(configuration, registry, identities), identities };
}
const accessOf = (...args: Parameters<typeof bedOf>) => bedOf(...args).access;

describe('access where roles decide', () => {
  it.each([
    ['a processor that lets everybody in', true, 'ann', true],
    ['a processor that lets nobody in', false, 'ann', false],
    ['a processor that lets everybody in', true, 'bob', false],
    ['a processor that lets nobody in', false, 'bob', false],
  ])('%s refuses what they allow, and allows nothing that they do not (%j, %s: %j)', async (_, judges, name, may) => {
    const access = accessOf({ checksAccess: true, requiresToken: false, judges: async () => judges });
    const caller = await access.withToken({ headers: {} }, `a-token-that-is-of-${name}`);
    for (const operation of OPERATIONS)
      expect([operation, await access.permits('any', caller, { operation })]).toEqual([operation, may]);
  });

  it('check_auth decides nothing, which is warned of at start', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const said = (id: string, checked?: boolean) => ({ id, processor: { check_auth: checked } });
    const access = accessOf({ checksAccess: false, requiresToken: false }, [said('open', false), said('silent')]);
    access.onApplicationBootstrap();
    expect(warn.mock.calls.join()).toMatch(/check_auth of 1 processes decides nothing.*\(open\)/);
    warn.mockRestore();
    expect(await access.permits('open', { headers: {} }, { operation: 'execute' })).toBe(false);
    expect(access.isGranted('open')).toBe(false);
  });

  it('says for the record of requests that a token in the body is nobody’s', async () => {
    const request = { headers: {} };
    await expect(accessOf(undefined).withToken(callerOf(request), 'wrong')).rejects.toThrow(InvalidTokenError);
    expect(notedOf(request)).toEqual({ showsToken: true });
  });

  it('asks whose a token in a body is, and later whether it still is, for the address that showed it', async () => {
    const asked: (string | undefined)[] = [];
    const identity = {
      issuer: 'https://issuer',
      subject: 'eve',
      groups: [],
      roles: [],
      means: 'introspection',
    } as const;
    const read: TokenReader['read'] = async (_, address) => {
      asked.push(address);
      return identity;
    };
    const { access, identities } = bedOf(undefined, [], [{ read }]);
    const caller = await access.withToken({ headers: {}, address: '192.0.2.1' }, 'opaque');
    expect(await new Standing(identities, {} as Sessions).holds(caller)).toBe(true);
    expect(asked).toEqual(['192.0.2.1', '192.0.2.1']);
  });
});
