import { describe, expect, it } from '@jest/globals';
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
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_ used', 'token [redacted] used'],
  ])('of %s', (line, expected) => {
    expect(redact(line)).toBe(expected);
  });

  it.each(['a short word', 'GET /jobs/x?limit=10 200', 'Bearer', 'see https://example.org/a@b', 'mail a@example.org'])(
    'leaves %s as it is',
    (line) => {
      expect(redact(line)).toBe(line);
    },
  );

  it('takes its time in proportion to the line', () => {
    const started = performance.now();
    redact(`?${'key'.repeat(100_000)} ${'a://'.repeat(50_000)}`);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
