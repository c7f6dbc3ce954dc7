import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { InvalidRequestError } from '../../ogc/domain-errors.js';
import { isJobId } from '../../k8s/names.js';
import { parseJson } from '../../json/parse-json.js';
import { idempotencyOf, parseIdempotencyKey } from './idempotency.js';

describe('the Idempotency-Key header', () => {
  it.each([
    [undefined, undefined],
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['"with blank, \\"quote\\" and \\\\"', 'with blank, "quote" and \\'],
    ['a:b/c=', 'a:b/c='],
    ['x'.repeat(255), 'x'.repeat(255)],
  ])('%j is the key %j', (header, key) => expect(parseIdempotencyKey(header)).toBe(key));

  it.each(['', '""', 'a b', 'a, b', '"a', 'a"b', '"a"b', 'ä', 'x'.repeat(256), '"a\u0007"'])(
    '%j is refused',
    (header) => expect(() => parseIdempotencyKey(header)).toThrow(InvalidRequestError),
  );

  it('is refused where it comes twice', () =>
    expect(() => parseIdempotencyKey(['a', 'b'])).toThrow(InvalidRequestError));
});

describe('a key', () => {
  const request = { caller: 'token', processId: 'hello', body: { inputs: { a: 1, b: { c: 2, d: [3] } } } };

  it('means one job, whose id is a UUID of version 8', () => {
    const { jobId } = idempotencyOf('key', request);
    expect(isJobId(jobId)).toBe(true);
    expect(jobId).toMatch(/^.{14}8.{4}[89ab]/);
    expect(idempotencyOf('key', request).jobId).toBe(jobId);
  });

  it.each([
    ['key', 'another', request],
    ['caller', 'key', { ...request, caller: 'anonymous' }],
    ['process', 'key', { ...request, processId: 'bye' }],
  ])('means another job with another %s', (_what, key, other) =>
    expect(idempotencyOf(key, other).jobId).not.toBe(idempotencyOf('key', request).jobId),
  );

  it('means the same job with another body, told by the digest', () => {
    const other = idempotencyOf('key', { ...request, body: { inputs: { a: 2 } } });
    expect(other.jobId).toBe(idempotencyOf('key', request).jobId);
    expect(other.digest).not.toBe(idempotencyOf('key', request).digest);
  });

  it('tells bodies apart by digits that no double holds, and has kept its digests of all others', () => {
    const digestOf = (json: string) => idempotencyOf('key', { ...request, body: parseJson(json) }).digest;
    expect(digestOf('{"inputs": {"n": 12345678901234567890}}')).not.toBe(
      digestOf('{"inputs": {"n": 12345678901234567891}}'),
    );
    const text = '{"inputs":{"a":[1,2.5,"ü",null,true],"b":{"1":{},"__x":[]}},"outputs":{}}';
    expect(digestOf(text)).toBe(createHash('sha256').update(text).digest('base64url'));
  });

  it('does not tell bodies apart by the order of their members', () =>
    expect(idempotencyOf('key', { ...request, body: { inputs: { b: { d: [3], c: 2 }, a: 1 } } })).toEqual(
      idempotencyOf('key', request),
    ));

  it('does not tell bodies apart by the API token in them', () => {
    const withToken = { inputs: { ...request.body.inputs, token: 'secret' } };
    expect(idempotencyOf('key', { ...request, body: withToken, token: 'secret' })).toEqual(
      idempotencyOf('key', request),
    );
    expect(idempotencyOf('key', { ...request, body: withToken }).digest).not.toBe(idempotencyOf('key', request).digest);
  });
});
