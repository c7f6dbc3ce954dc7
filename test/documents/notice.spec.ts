import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

describe('NOTICE', () => {
  it('lists the packages of the lock file that run in production, with their licenses', async () => {
    const checked = promisify(execFile)(process.execPath, ['scripts/notice.mjs', '--check']);
    await expect(checked).resolves.toBeDefined();
  }, 60_000);
});
