import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it } from '@jest/globals';
import { hangUp, ScriptedS3, status, type Answer } from '../testing/scripted-s3.js';
import { unknownCapabilities } from '../store-capabilities.js';
import { S3StoreFindings } from './s3.store-findings.js';
import { StoreProbe } from './store-probe.js';

const disposals: (() => unknown)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose();
});

const always = (answer: Answer): Record<string, readonly Answer[]> =>
  Object.fromEntries(['GET', 'HEAD', 'PUT', 'POST', 'DELETE'].map((method) => [method, [answer]]));

async function bucketOf(script: Record<string, readonly Answer[]>) {
  const server = await ScriptedS3.start(script);
  const credentials = { accessKeyId: 'dev-key', secretAccessKey: 'dev-secret' };
  const { endpoint } = server;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials, maxAttempts: 1 });
  disposals.push(
    () => client.destroy(),
    () => server.stop(),
  );
  return { server, probed: { client, bucket: 'logs', description: 'a bucket' } };
}

/** How stores behave that let it happen is in test/stores, with stores of others. */
describe('a probe', () => {
  it('knows nothing of a store that permits nothing', async () => {
    const { probed } = await bucketOf(always(status(403, 'AccessDenied')));
    await expect(new StoreProbe(probed, '.probe/').run()).resolves.toEqual(unknownCapabilities);
  });

  it.each([
    ['fails', status(500, 'InternalError')],
    ['is away', hangUp],
    ['is asked too often', status(429, 'SlowDown')],
  ])('finds nothing out of a store that %s, and can be repeated', async (_name, answer) => {
    const { probed } = await bucketOf(always(answer));
    const failure = { name: 'ObjectStoreError', retryable: true, message: expect.stringContaining('a bucket: cannot') };
    await expect(new StoreProbe(probed, '.probe/').run()).rejects.toMatchObject(failure);
  });

  it('takes a condition and a digest that are refused for what is not there', async () => {
    const { probed } = await bucketOf({ ...always(status(404)), PUT: [status(501, 'NotImplemented')] });
    const found = { conditionalPut: 'no', checksumHeader: 'no', contentMd5: 'no', ranges: 'unknown' };
    await expect(new StoreProbe(probed, '.probe/').run()).resolves.toMatchObject(found);
  });

  it('finds out what it can of a store that knows no uploads in parts', async () => {
    const script = { ...always(status(404)), PUT: [status(200)], POST: [status(501, 'NotImplemented')] };
    const { probed } = await bucketOf(script);
    const found = { conditionalPut: 'no', multipartListing: 'unknown', multipartDigests: 'unknown' };
    await expect(new StoreProbe(probed, '.probe/').run()).resolves.toMatchObject(found);
  });

  it('stays under its prefix', async () => {
    const { probed, server } = await bucketOf({ ...always(status(404)), PUT: [status(200)], DELETE: [status(204)] });
    await new StoreProbe(probed, 'logs/.probe/').run();
    expect(server.requests.length).toBeGreaterThan(10);
    expect(server.requests.filter(({ path }) => !/^\/logs\/logs\/\.probe\/[0-9a-f-]{36}\//.test(path))).toEqual([]);
  });

  it('ends early when it is told to', async () => {
    const { probed, server } = await bucketOf(always(status(200)));
    await expect(new StoreProbe(probed, '.probe/').run(AbortSignal.abort())).rejects.toThrow(/abort/i);
    expect(server.requests).toEqual([]);
  });
});

describe('what was found out', () => {
  const found = { ...unknownCapabilities, ranges: 'yes' as const, dropsCutBodies: 'no' as const };
  const now = Date.parse('2026-03-01T12:00:00Z');
  const record = { probe: 1, of: 'a bucket', server: '', at: '2026-02-27T12:00:00Z', found };
  const saying =
    (text: string): Answer =>
    (_request, response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(text);
  const read = async (get: Answer) => {
    const { probed, server } = await bucketOf({ ...always(status(200)), GET: [get] });
    const recorded = await new S3StoreFindings(probed, '.probe/', () => now).recorded();
    expect(server.seen('GET').map(({ path }) => path)).toEqual(['/logs/.probe/found.json?x-id=GetObject']);
    return recorded;
  };

  it('is read by every replica', async () => {
    await expect(read(saying(JSON.stringify(record)))).resolves.toEqual(found);
  });

  it.each<[string, object]>([
    ['is a week old', { at: '2026-02-22T11:59:59Z' }],
    ['says no time', { at: undefined }],
    ['is of another bucket', { of: 'another bucket' }],
    ['is of another version of the store', { server: 'Store/1.0' }],
    ['is of another probe', { probe: 0 }],
  ])('does not count where it %s', async (_name, change) => {
    await expect(read(saying(JSON.stringify({ ...record, ...change })))).resolves.toBeUndefined();
  });

  it.each([
    ['is not there', status(404)],
    ['may not be read', status(403)],
    ['is no JSON', saying('{"probe":')],
    ['is something else', saying('null')],
  ])('is not known where it %s', async (_name, answer) => {
    await expect(read(answer)).resolves.toBeUndefined();
  });

  it('takes no word but its own', async () => {
    const strange = { ...record, found: { ranges: 'yes', dropsCutBodies: 'perhaps', more: 'no' } };
    await expect(read(saying(JSON.stringify(strange)))).resolves.toEqual({ ...unknownCapabilities, ranges: 'yes' });
  });
});
