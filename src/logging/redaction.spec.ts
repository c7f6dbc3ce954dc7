import { describe, expect, it } from '@jest/globals';
import { assertLinearTime } from '../../test/support/linear-time.js';
import { redactor } from './redaction.js';

const redact = redactor(['the-api-token', 'pa"ss\\word', 'short', undefined]);

describe('redaction', () => {
  it.each([
    ['the token is the-api-token.', 'the token is [redacted].'],
    [JSON.stringify({ text: 'pa"ss\\word' }), '{"text":"[redacted]"}'],
    ['pa"ss\\word', '[redacted]'],
    ['authorization: Bearer abc.def-123456', 'authorization: Bearer [redacted]'],
    ['https://alice:s3cret@example.org/x', 'https://[redacted]@example.org/x'],
    [
      'GET https://s3/b/k?X-Amz-Algorithm=A&X-Amz-Credential=AK%2F2026&X-Amz-Signature=f00&part=1"',
      'GET https://s3/b/k?X-Amz-Algorithm=A&X-Amz-Credential=[redacted]&X-Amz-Signature=[redacted]&part=1"',
    ],
    ['/transfer/1/inputs?capability=Zm9v_bar', '/transfer/1/inputs?capability=[redacted]'],
    ['signed by whsec_AAAA+/BBBB=', 'signed by [redacted]'],
    ['session-eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_', 'session-[redacted]'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_ used', 'token [redacted] used'],
    ['cookie eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn; a=b', 'cookie [redacted]; a=b'],
  ])('of %s', (line, expected) => {
    expect(redact(line)).toBe(expected);
  });

  it.each(['a short word', 'GET /jobs/x?limit=10 200', 'Bearer', 'see https://example.org/a@b', 'mail a@example.org'])(
    'leaves %s as it is',
    (line) => {
      expect(redact(line)).toBe(line);
    },
  );

  it.each([
    'Bearer ',
    'Bearer',
    ' ',
    '://a',
    '&token',
    'key',
    '?key=',
    'whsec_',
    'eyJ-',
    '-eyJaaaaaaaaaa',
    'eyJaaaaaaaaaaa.',
  ])('takes its time in proportion to a line of %j', (unit) =>
    assertLinearTime(30_000, (length, times) => {
      const line = unit.repeat(length / unit.length);
      const before = process.threadCpuUsage();
      for (let time = 0; time < times; time += 1) redact(line);
      const { user, system } = process.threadCpuUsage(before);
      return (user + system) / 1_000;
    }),
  );
});
