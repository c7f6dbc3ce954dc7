import { describe, expect, it, test } from '@jest/globals';
import type { LogRecord } from './log-record.js';
import { compileDateFormat, compileLogFormat } from './python-format.js';

const record: LogRecord = {
  time: new Date('2026-01-31T23:05:09.042Z'),
  level: 'WARNING',
  levelNumber: 30,
  name: 'FinalizerService',
  message: 'a 100% sure thing',
  processId: 14,
  sinceStart: 1234.5,
};

describe('a Python log format', () => {
  test.each([
    ['[%(asctime)s] %(levelname)s - %(message)s', '[2026-01-31 23:05:09,042] WARNING - a 100% sure thing'],
    ['%(name)s %(process)d %(levelno)s', 'FinalizerService 14 30'],
    ['%(levelname)-9s|%(levelname)9s|%(levelname).4s|', 'WARNING  |  WARNING|WARN|'],
    ['%(process)05d %(msecs)03d %(created).2f %(relativeCreated)d', '00014 042 1769900709.04 1234'],
    ['{%(pathname)s:%(lineno)d} %(filename)s %(funcName)s %(threadName)s.', '{:}   .'],
    ['100%% %(message)s', '100% a 100% sure thing'],
    ['%(nothing)s%(message)s', 'a 100% sure thing'],
  ])('%s', (format, line) => {
    expect(compileLogFormat(format)(record)).toBe(line);
  });

  it('does not take what a message holds for a format', () => {
    expect(compileLogFormat('%(message)s')({ ...record, message: '%(name)s $& $1 %%' })).toBe('%(name)s $& $1 %%');
  });
});

describe('a Python date format', () => {
  test.each([
    ['%Y-%m-%dT%H:%M:%SZ', '2026-01-31T23:05:09Z'],
    ['%d/%b/%Y:%H:%M:%S %z', '31/Jan/2026:23:05:09 +0000'],
    ['%A %j %I %p %y %Z %%Z', 'Saturday 031 11 PM 26 UTC %Z'],
    [undefined, '2026-01-31 23:05:09,042'],
  ])('%s, in UTC', (format, text) => {
    expect(compileDateFormat(format)(record.time)).toBe(text);
  });
});
