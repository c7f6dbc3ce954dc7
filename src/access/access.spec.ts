import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Configuration, ResultReaders } from '../config/configuration.js';
import { UnauthorizedError } from '../ogc/domain-errors.js';
import type { ProcessRegistry } from '../processes/registry/process-registry.js';
import { bearerToken } from '../ogc/api-token.js';
import { notedOf } from '../ogc/requests/record.js';
import { Access, callerOf } from './access.js';

function accessWith(apiToken: string | undefined): Access {
  const processes = { find: (id: string) => ({ open: { requiresToken: false }, closed: { requiresToken: true } })[id] };
  return new Access({ environment: { apiToken } } as Configuration, processes as unknown as ProcessRegistry);
}

describe('access', () => {
  it.each([
    ['open', 'secret', undefined, true],
    ['closed', 'secret', undefined, false],
    ['closed', 'secret', 'secret', true],
    ['closed', 'secret', 'Secret', false],
    ['closed', 'secret', '', false],
    ['closed', undefined, undefined, false],
    ['closed', undefined, '', false],
    ['closed', undefined, 'undefined', false],
    ['closed', '', '', false],
    ['removed from the configuration', 'secret', undefined, false],
    ['removed from the configuration', 'secret', 'secret', true],
  ])(
    'to a process that is %s, with the token %j configured and %j given: %j',
    (process, configured, given, expected) => {
      expect(accessWith(configured).isGranted(process, given)).toBe(expected);
    },
  );

  it('to a job whose process anybody may have written is that of the strictest process', () => {
    const job = { processId: 'open', processUnsigned: true } as const;
    const among = (...all: object[]) => {
      const processes = { find: () => ({ requiresToken: false }), list: () => all };
      return new Access({ environment: {} } as Configuration, processes as unknown as ProcessRegistry);
    };
    expect(among({ requiresToken: false }).rightsOf(job)).toBe('open');
    expect(among({ requiresToken: false }, { requiresToken: true }).rightsOf(job)).toBe('');
    expect(among({ requiresToken: false, checksAccess: true }).rightsOf(job)).toBe('');
    expect(among({ requiresToken: true }).rightsOf({ processId: 'open' })).toBe('open');
    expect(accessWith('secret').isGranted('', undefined)).toBe(false);
    expect(accessWith('secret').isGranted('', 'secret')).toBe(true);
  });

  it('takes any of several tokens', () => {
    expect(accessWith('secret').isGranted('closed', 'wrong', 'secret')).toBe(true);
  });

  it('takes who signed in with the API token for one who knows it, beside no token of their own', async () => {
    const session = { issuer: 'tokens', subject: 'api', roles: [], end: new Date() };
    const may = (caller: object) =>
      accessWith('secret').permits('closed', { headers: {}, ...caller }, { operation: 'execute' });
    expect(await may({ session })).toBe(true);
    expect(await may({ session: { ...session, subject: 'ann' } })).toBe(false);
    expect(await may({ session: { ...session, issuer: 'https://id.example.org' } })).toBe(false);
    expect(await may(await accessWith('secret').withToken({ headers: {}, session }, 'wrong'))).toBe(false);
    expect(await may(await accessWith('secret').withToken({ headers: {}, session }, undefined))).toBe(true);
    expect(accessWith('secret').nameOf({ headers: {}, session, address: '192.0.2.1' })).toBe(
      'api, signed in, 192.0.2.1',
    );
  });

  it('says for the record of requests who showed a token in the body, and that one did which is nobody’s', async () => {
    const actor = { issuer: 'tokens', subject: 'api', means: 'token' };
    for (const [token, noted] of [
      ['secret', { showsToken: true, actor }],
      ['wrong', { showsToken: true }],
      [undefined, {}],
    ] as const) {
      const [ofInput, ofForm] = [{ headers: {} }, { headers: {} }];
      const access = accessWith('secret');
      await access.permits('closed', callerOf(ofInput), { operation: 'execute', inputToken: token });
      await access.withToken(callerOf(ofForm), token);
      expect([notedOf(ofInput), notedOf(ofForm)]).toEqual([noted, noted]);
    }
  });

  it('tells callers apart for their idempotency keys, without their tokens', async () => {
    const judging = { find: () => ({ requiresToken: false, checksAccess: true }) } as unknown as ProcessRegistry;
    const own = new Access({ environment: { apiToken: 'secret' } } as Configuration, judging);
    const who = (access: Access, token?: string, input?: string) =>
      access.identify('open', { token, headers: {} }, input);
    expect(await who(accessWith('secret'), 'secret')).toBe('token');
    expect(await who(accessWith('secret'), undefined, 'secret')).toBe('token');
    expect(await who(accessWith('secret'), 'another')).toBe('anonymous');
    expect(await who(accessWith(undefined))).toBe('anonymous');
    expect(await who(own, 'secret')).toBe('token');
    expect(await who(own)).toBe('anonymous');
    const mine = await who(own, 'mine');
    expect(mine).toMatch(/^[0-9a-f]{64}$/);
    expect([await who(own, 'mine'), await who(own, 'yours')]).toEqual([mine, expect.not.stringContaining(mine)]);
  });

  it('gives each caller a hash of its own for labels, by a key of the server', async () => {
    const judging = { find: () => ({ requiresToken: false, checksAccess: true }) } as unknown as ProcessRegistry;
    const hash = (apiToken: string, token?: string, signingKeys?: string[]) =>
      new Access({ environment: { apiToken, signingKeys } } as Configuration, judging).hashOf('open', {
        token,
        headers: {},
      });
    const [mine, again, yours, nobodys, elsewhere, byKey] = await Promise.all([
      hash('secret', 'mine'),
      hash('secret', 'mine'),
      hash('secret', 'yours'),
      hash('secret'),
      hash('another', 'mine'),
      hash('secret', 'mine', ['key']),
    ]);
    expect(mine).toMatch(/^[0-9a-f]{40}$/);
    expect(again).toBe(mine);
    expect(new Set([mine, yours, nobodys, elsewhere, byKey]).size).toBe(5);
  });

  it('says how to send the token, and what to configure, but never the token', async () => {
    const message = async (configured: string | undefined, token?: string): Promise<string> => {
      const wish = { operation: 'execute' } as const;
      const demanded = accessWith(configured).demand('closed', { token, headers: {} }, wish);
      const error: unknown = await demanded.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UnauthorizedError);
      return (error as Error).message;
    };
    expect(await message('secret')).toContain('Authorization: Bearer TOKEN');
    expect(await message(undefined)).toContain('PYGEOAPI_K8S_MANAGER_API_TOKEN');
    expect(await message('secret', 'wrong')).toBe('The token does not match.');
  });

  it.each([
    ['secret', undefined, 'token, 192.0.2.1'],
    ['wrong', undefined, 'another token, 192.0.2.1'],
    [undefined, 'secret', 'token, 192.0.2.1'],
    [undefined, undefined, 'anonymous, 192.0.2.1'],
  ])('names the caller with token %j and input %j as "%s"', (token, input, name) => {
    expect(accessWith('secret').nameOf({ token, headers: {}, address: '192.0.2.1' }, input)).toBe(name);
  });

  it.each([
    ['Bearer abc', 'abc'],
    ['bearer  abc ', 'abc'],
    ['Basic abc', undefined],
    ['Bearer', undefined],
    [undefined, undefined],
  ])('reads %j as %j', (header, expected) => {
    expect(bearerToken(header)).toBe(expected);
  });
});

describe('who reads statuses and results', () => {
  const caller = (token?: string) => ({ token, headers: {} });
  afterEach(() => void jest.restoreAllMocks());

  /** @param own what its own key says, of each process @param all under `server.manager` */
  function accessFor(own: Readonly<Record<string, ResultReaders | undefined>>, all?: ResultReaders): Access {
    const list = Object.entries(own).map(([id, resultReaders]) => ({
      id,
      requiresToken: !id.startsWith('open'),
      jobSettings: { resultReaders },
    }));
    const processes = { list: () => list, find: (wanted: string) => list.find(({ id }) => id === wanted) };
    const server = { manager: { jobs: { resultReaders: all } } };
    return new Access(
      { environment: { apiToken: 'secret' }, server } as unknown as Configuration,
      processes as unknown as ProcessRegistry,
    );
  }

  it.each<[ResultReaders | undefined, ResultReaders | undefined, string, boolean]>([
    [undefined, undefined, 'closed', true],
    ['public', undefined, 'closed', true],
    ['token', undefined, 'closed', false],
    ['token', 'public', 'closed', true],
    ['public', 'token', 'closed', false],
    [undefined, 'token', 'closed', false],
    ['token', undefined, 'open', true],
    ['token', undefined, 'removed', false],
    [undefined, undefined, 'removed', true],
  ])('with %j for all and %j of its own, of a process that is %s, everybody: %j', async (all, own, id, everybody) => {
    const access = accessFor(id === 'removed' ? {} : { [id]: own }, all);
    const job = { processId: id, jobId: '1' };
    expect([await access.mayReadStatus(job, caller()), await access.mayReadResults(job, caller('wrong'))]).toEqual([
      everybody,
      everybody,
    ]);
    expect(await access.mayReadStatus(job, caller('secret'))).toBe(true);
    await expect(access.demandResults(job, caller('secret'))).resolves.toBeUndefined();
  });

  it('is warned of once at start, where nobody has said it of processes that ask for a token', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const closed = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => [id, undefined]));
    accessFor({ ...closed, open: undefined, said: 'public', kept: 'token' }).onApplicationBootstrap();
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/ of 6 processes .*\(a, b, c, d, e, …\).*results: token/s)],
    ]);
    warn.mockClear();
    accessFor(closed, 'token').onApplicationBootstrap();
    accessFor(closed, 'public').onApplicationBootstrap();
    accessFor({ open: undefined }).onApplicationBootstrap();
    expect(warn).not.toHaveBeenCalled();
  });
});
