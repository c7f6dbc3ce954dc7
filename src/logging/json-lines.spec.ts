import { describe, expect, it } from '@jest/globals';
import { jsonLines } from './json-lines.js';
import type { LogRecord } from './log-record.js';

const record: LogRecord = {
  time: new Date('2026-01-31T23:05:09.042Z'),
  level: 'WARNING',
  levelNumber: 30,
  name: 'FinalizerService',
  message: 'odd',
  processId: 14,
  sinceStart: 1234.5,
};

function lineOf(members: Partial<LogRecord>): Record<string, unknown> {
  const lines: string[] = [];
  jsonLines((line) => lines.push(line))({ ...record, ...members });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[^\n]+\n$/);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

describe('a line as JSON', () => {
  it('holds level, time, what logs, what it is about, and the message', () => {
    const fields = { requestId: 'r', jobId: 'j', processId: 'p', resource: 'pod/x' };
    expect(lineOf({ fields, message: 'two\nlines' })).toEqual({
      level: 'warning',
      time: '2026-01-31T23:05:09.042Z',
      logger: 'FinalizerService',
      ...fields,
      msg: 'two\nlines',
    });
  });

  it.each(['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG'] as const)('has the level %s', (level) => {
    expect(lineOf({ level })).toMatchObject({ level: level.toLowerCase() });
  });

  it('holds no more of an error than who reads a log may see, of its causes too', () => {
    const inner = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', config: { token: 'hidden' } });
    const outer = Object.assign(new TypeError('failed', { cause: inner }), { input: 'https://hidden', status: 503 });
    const { err } = lineOf({ error: new AggregateError([outer, 'a word'], 'both') });
    expect(err).toEqual({
      type: 'AggregateError',
      message: 'both',
      stack: expect.stringMatching(/^AggregateError: both\n +at /),
      errors: [
        {
          type: 'TypeError',
          message: 'failed',
          status: 503,
          stack: expect.stringMatching(/^TypeError: failed\n +at /),
          cause: { type: 'Error', message: 'refused', code: 'ECONNREFUSED', stack: expect.any(String) },
        },
        'a word',
      ],
    });
  });

  it('ends where an error is its own cause', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.stringify(lineOf({ error })).match(/"message":"round"/g)).toHaveLength(6);
  });

  it('holds objects, but for what stands under names of secrets', () => {
    const data = { name: 'x', token: 'hidden', headers: { authorization: 'hidden', accept: '*/*' } };
    expect(lineOf({ data, message: '' })).toMatchObject({
      data: { name: 'x', token: '[redacted]', headers: { authorization: '[redacted]', accept: '*/*' } },
    });
    expect(data.token).toBe('hidden');
  });
});
