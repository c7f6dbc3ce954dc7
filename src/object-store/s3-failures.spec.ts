import { describe, expect, it } from '@jest/globals';
import { asS3Failure } from './s3-failures.js';

const messageOf = (error: unknown): string => asS3Failure(error, 'bucket logs at https://s3', 'write key').message;

describe('the failures of an S3 store', () => {
  it('without an answer tell the network’s reason', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:443'), { code: 'ECONNREFUSED' });
    expect(messageOf(refused)).toBe('bucket logs at https://s3: cannot write key: no answer (ECONNREFUSED)');
    expect(messageOf(new Error('fetch failed', { cause: refused }))).toContain('(ECONNREFUSED)');
    expect(messageOf(Object.assign(new Error('10 s'), { name: 'TimeoutError' }))).toContain('(timed out)');
  });

  it('repeat no text of the store that is not an error code', () => {
    const error = Object.assign(new Error('key AKIA…'), { name: 'key AKIA… <b>', $metadata: { httpStatusCode: 418 } });
    expect(messageOf(error)).toBe('bucket logs at https://s3: cannot write key: HTTP 418');
  });
});
