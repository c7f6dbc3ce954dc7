import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { IdempotencyConflictError, InvalidRequestError, JobIdTakenError } from '../../ogc/domain-errors.js';
import { isJobId } from '../../k8s/names.js';
import { parseChosenJobId } from '../../processes/request/chosen-job-id.js';
import { parseJson } from '../../json/parse-json.js';
import type { JobRecord } from '../model/job-record.js';
import { assertNotKeyed, chosenJob, idempotencyOf, parseIdempotencyKey, sameRequest } from './idempotency.js';

describe('an id that a request chooses', () => {
  it('is none that is made of a key', () => {
    expect(() => assertNotKeyed('0198c5a0-0000-7000-8000-000000000000', 'p')).not.toThrow();
    expect(() => assertNotKeyed(undefined, 'p')).not.toThrow();
    const keyed = idempotencyOf('key', { caller: 'c', processId: 'p', body: {} }).jobId;
    expect(() => assertNotKeyed(keyed, 'p')).toThrow(InvalidRequestError);
  });
});

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

describe('the job that a request means', () => {
  const jobId = '019ad0c5-3f5a-7c3e-8a53-5d1f0e6b7a42';
  const madeOf = (idempotencyDigest?: string) => ({ jobId, idempotencyDigest }) as JobRecord;

  it('that chose its id is its own, and no other request is, whatever it asks for', () => {
    const [one, other] = [chosenJob(jobId), chosenJob(jobId)];
    if (!one || !other) throw new Error('Nothing was chosen');
    expect(one.jobId).toBe(jobId);
    expect(sameRequest(madeOf(one.digest), one).jobId).toBe(jobId);
    for (const digest of [other.digest, 'of a key', undefined])
      expect(() => sameRequest(madeOf(digest), one)).toThrow(JobIdTakenError);
  });

  it('with a key is that of the same body', () => {
    const keyed = { jobId, digest: 'of a key' };
    expect(sameRequest(madeOf('of a key'), keyed).jobId).toBe(jobId);
    expect(() => sameRequest(madeOf('another'), keyed)).toThrow(IdempotencyConflictError);
  });

  it('can be chosen by every id that jobs of this manager have, and by no other', () => {
    for (const id of [jobId, jobId.toUpperCase(), `${jobId}\n`, jobId.replaceAll('-', ''), ''])
      expect([id, parseChosenJobId({ job_id: id }, false, []) === id]).toEqual([id, isJobId(id)]);
  });

  it('is the choice of nobody where there is no job_id', () => expect(chosenJob(undefined)).toBeUndefined());
});
