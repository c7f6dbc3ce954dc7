import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Configuration } from '../../config/configuration.js';
import { Observer } from '../../observation/observer.js';
import type { JobCache } from '../model/job-cache.js';
import { JobWaiter } from './job-waiter.js';

describe('the start of a server', () => {
  afterEach(() => void jest.restoreAllMocks());

  it.each([
    [undefined, 1],
    [45, 0],
  ])('with sync_max_wait %s warns %d times that proxies cut who waits', (syncMaxWait, times) => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const configuration = { server: { manager: { syncMaxWait } } } as Configuration;
    new JobWaiter({} as JobCache, new Observer(), configuration).onModuleInit();
    expect(warn.mock.calls).toEqual(
      Array(times).fill([expect.stringContaining('server.manager.sync_max_wait is not set')]),
    );
  });
});
