import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { EventEmitter } from 'node:events';
import type { Configuration, ServerSection } from '../config/configuration.js';
import { UnavailableError } from '../ogc/domain-errors.js';
import { LimitExceededError } from '../ogc/limit-errors.js';
import { noteIdentity, TOKENS } from '../ogc/requests/identity.js';
import type { Identities } from './identity/identities.js';
import { Readers, type ReadingRequest, type Sending } from './readers.js';
import { Rules } from './rules/rules.js';
import type { Standing } from './standing.js';

let readers: Readers;
let now = 0;
afterEach(() => readers.onModuleDestroy());

const start = (settings: ServerSection['readers'], followers?: ServerSection['followers']): void => {
  readers = new Readers({
    server: { readers: settings, followers },
    environment: { apiToken: 'token' },
  } as Configuration);
  readers.now = () => now;
};

class Response extends EventEmitter implements Sending {
  destroyed = false;
  writableNeedDrain = true;
  ended = false;
  socket = { bytesWritten: 0, destroy: () => void (this.ended = true) } as unknown as Sending['socket'] & {
    bytesWritten: number;
  };
}
const admit = (ip = '192.0.2.1', authorization?: string): Response => {
  const response = new Response();
  readers.admit({ ip, headers: { authorization } }, response);
  return response;
};

const follow = (ip = '192.0.2.1'): Response => {
  const response = new Response();
  readers.admitFollower({ ip, headers: {} }, response);
  return response;
};

describe('who follows a log', () => {
  it('is told no more once their token or session is over', async () => {
    const standing = { holds: jest.fn<Standing['holds']>().mockResolvedValue(true) };
    readers = new Readers({ server: {}, environment: {} } as Configuration, undefined, standing as unknown as Standing);
    const [reader, follower] = [admit(), follow()];
    readers.look();
    await Promise.resolve();
    expect(follower.ended).toBe(false);
    standing.holds.mockResolvedValue(false);
    readers.look();
    await Promise.resolve();
    expect([reader.ended, follower.ended]).toEqual([false, true]);
    expect(standing.holds.mock.calls).toEqual([
      [{ headers: {}, address: '192.0.2.1' }],
      [{ headers: {}, address: '192.0.2.1' }],
    ]);
  });
});

describe('somebody who is known', () => {
  const rules = new Rules({
    ownJobs: true,
    tokens: [],
    limits: {},
    roles: [{ name: 'admin', may: ['admin'], processes: ['*'], groups: [], subjects: [], limits: {} }],
  });
  const request = (subject: string, roles: readonly string[] = [], ip = '192.0.2.1') => {
    const made = { ip, headers: {} };
    noteIdentity(made, { issuer: TOKENS, subject, groups: [], roles, means: 'token' });
    return made;
  };
  const begin = (settings: Partial<ServerSection>) =>
    void (readers = new Readers({ server: settings, environment: {} } as Configuration, { rules } as Identities));

  it('may follow, listen and wait so often, from whatever address, and admins as often as there is room', () => {
    const few = { atOnce: 4, perCaller: 1 };
    begin({ followers: few, listeners: few, waits: few });
    const [first, second] = [request('ann'), request('ann', [], '192.0.2.2')];
    for (const [kind, admit] of [
      ['followers', (given) => readers.admitFollower(given, new Response())],
      ['listeners', (given) => readers.admitListener(given, new Response())],
      ['waits', (given) => void readers.admitWait(given, new Response())],
    ] as readonly [string, (given: ReadingRequest) => void][]) {
      admit(first);
      const refused = catching(() => admit(second));
      expect(refused).toBeInstanceOf(LimitExceededError);
      expect((refused as LimitExceededError).exceeded).toEqual({
        name: kind,
        key: `server.${kind}.per_caller`,
        limit: 1,
        used: 1,
      });
      admit(request('bob'));
      admit(request('root', ['admin']));
      admit(request('root', ['admin']));
      expect(catching(() => admit(request('root', ['admin'])))).toBeInstanceOf(UnavailableError);
    }
  });

  it('may wait again once a wait is over, which no slowness ends', () => {
    begin({ waits: { perCaller: 1 } });
    const leave = readers.admitWait(request('ann'), new Response());
    now += 1_000_000;
    readers.look();
    expect(catching(() => readers.admitWait(request('ann'), new Response()))).toBeInstanceOf(LimitExceededError);
    leave();
    readers.admitWait(request('ann'), new Response());
  });

  it('waits no longer than its response is open', () => {
    begin({ waits: { perCaller: 1 } });
    const response = new Response();
    readers.admitWait(request('ann'), response);
    response.emit('close');
    readers.admitWait(request('ann'), new Response());
  });

  function catching(action: () => void): unknown {
    try {
      action();
    } catch (error) {
      return error;
    }
    return undefined;
  }
});

describe('followers of logs', () => {
  it('are so many in all and of one address, apart from readers', () => {
    start({ atOnce: 1 }, { atOnce: 3, perCaller: 2 });
    admit();
    const first = follow();
    follow();
    expect(() => follow()).toThrow('server.followers.per_caller');
    follow('192.0.2.2');
    expect(() => follow('192.0.2.3')).toThrow('server.followers.at_once');
    expect(() => follow('192.0.2.3')).toThrow(UnavailableError);
    first.emit('close');
    follow('192.0.2.3');
  });

  it('are ended where they do not take their lines', () => {
    start({ minimumRate: 10 });
    const [slow, waiting] = [follow(), follow()];
    waiting.writableNeedDrain = false;
    for (let round = 0; round < 12; round += 1) {
      now += 10_000;
      readers.look();
    }
    expect([slow.ended, waiting.ended]).toEqual([true, false]);
  });
});

describe('who went before there was a place', () => {
  it('takes none', () => {
    const one = { atOnce: 1 };
    readers = new Readers({
      server: { readers: one, followers: one, listeners: one, waits: one },
      environment: {},
    } as Configuration);
    const request = { ip: '192.0.2.1', headers: {} };
    for (const admit of ['admit', 'admitFollower', 'admitListener', 'admitWait', 'watch'] as const)
      readers[admit](request, Object.assign(new Response(), { destroyed: true }));
    for (const admit of ['admit', 'admitFollower', 'admitListener', 'admitWait'] as const) {
      readers[admit](request, new Response());
      expect(() => readers[admit](request, new Response())).toThrow(UnavailableError);
    }
  });
});

describe('readers', () => {
  it('are so many in all, until others have ended', () => {
    start({ atOnce: 2 });
    const first = admit('192.0.2.1');
    admit('192.0.2.2');
    expect(() => admit('192.0.2.3')).toThrow(UnavailableError);
    expect(() => admit('192.0.2.3')).toThrow('server.readers.at_once');
    first.emit('close');
    admit('192.0.2.3');
  });

  it('are so many of one address, apart with and without the token', () => {
    start({ atOnce: 10, perCaller: 1 });
    const first = admit();
    expect(() => admit()).toThrow('server.readers.per_caller');
    expect(() => admit('192.0.2.1', 'Bearer wrong')).toThrow(UnavailableError);
    admit('192.0.2.1', 'Bearer token');
    admit('192.0.2.2');
    first.emit('close');
    admit();
  });

  it('are ended where they take too little for a minute, and not where there is nothing to take', () => {
    start({ minimumRate: 10 });
    const [slow, ordinary, waiting] = [admit(), admit(), admit()];
    waiting.writableNeedDrain = false;
    for (let round = 0; round < 12; round += 1) {
      now += 10_000;
      slow.socket.bytesWritten += 99;
      ordinary.socket.bytesWritten += 101;
      readers.look();
    }
    expect([slow.ended, ordinary.ended, waiting.ended]).toEqual([true, false, false]);
  });
});
