import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Configuration } from '../config/configuration.js';
import type { AccessRequest } from '../processes/processor.js';
import type { ProcessRegistry } from '../processes/registry/process-registry.js';
import { Access } from './access.js';
import { Identities } from './identity/identities.js';

const OPERATIONS: readonly AccessRequest['operation'][] = [
  'execute',
  'read-log',
  'read-status',
  'read-results',
  'dismiss',
];

function accessOf(process: object | undefined, processes: readonly object[] = []): Access {
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
  return new Access(configuration, registry, new Identities(configuration));
}

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
});
