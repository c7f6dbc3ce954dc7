import { CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Configuration } from '../config/configuration.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import type { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { ownAnnotation } from '../k8s/names.js';
import { S3ObjectStore } from '../object-store/s3.object-store.js';
import { KnownStore } from '../object-store/store-capabilities.js';
import type { Upload } from '../object-store/uploads.js';
import { relay } from './relay.js';
import { formatUploadRecords, uploadKey, type UploadRecord } from './upload-records.js';
import { UploadedResults } from './uploaded-results.js';

const { S3_ENDPOINT: endpoint = '', S3_ACCESS_KEY: key = '', S3_SECRET_KEY: secret = '' } = process.env;
const MEBIBYTE = 1024 ** 2;
const suite = endpoint === '' ? describe.skip : describe;

/** Sends what comes before so many bytes of a part, and breaks the connection when the store has taken it. */
async function sendCut(address: string, bytes: Buffer, after: number): Promise<void> {
  const { hostname, port, pathname, search, host } = new URL(address);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(`PUT ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${bytes.length}\r\n\r\n`);
  await new Promise((resolve) => socket.write(bytes.subarray(0, after), resolve));
  socket.end();
  socket.resume();
  await once(socket, 'close').catch(() => undefined);
}

suite('a file in a real S3 store that keeps cut parts', () => {
  const bucket = `files-spec-${randomUUID()}`;
  const known = new KnownStore();
  let store: S3ObjectStore;
  let admin: S3Client;
  beforeAll(async () => {
    const credentials = { accessKeyId: key, secretAccessKey: secret };
    admin = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
    await admin.send(new CreateBucketCommand({ Bucket: bucket }));
    store = new S3ObjectStore({ endpoint, key, secret, bucket });
    known.learn({ dropsCutParts: 'no' });
  });
  afterAll(async () => {
    for (const Key of keys) await admin.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    await admin.send(new DeleteBucketCommand({ Bucket: bucket }));
    admin.destroy();
    store.close();
  });

  const job = {
    name: 'job',
    uid: 'uid',
    created: new Date('2026-01-31T12:00:00Z'),
    transfer: { capability: '' },
  } as JobRecord;
  const prefix = () => `${randomUUID()}/`;
  const keys: string[] = [];
  const begin = async (digests = false): Promise<Upload> => {
    const upload = { key: uploadKey(prefix(), job, 'table') };
    keys.push(upload.key);
    const options = { contentType: 'text/csv', metadata: { 'upload-token': 'token' }, digests };
    return { ...upload, id: await store.uploads.start(upload.key, options) };
  };
  const put = async (upload: Upload, number: number, bytes: Buffer, cutAfter?: number) => {
    const { address } = (await store.uploads.destination(upload, number, bytes.length, 60)) as { address: string };
    if (cutAfter !== undefined) return sendCut(address, bytes, cutAfter);
    await (await fetch(address, { method: 'PUT', body: new Uint8Array(bytes) })).text();
  };
  const results = (upload: Upload, announced: Partial<UploadRecord>) => {
    const record: UploadRecord = { ...upload, token: 'token', mediaType: 'text/csv', ...announced };
    const annotations = { [ownAnnotation.uploads]: formatUploadRecords(new Map([['table', record]])) };
    const client = { getJob: () => Promise.resolve({ metadata: { uid: 'uid', annotations } }) };
    return new UploadedResults(store, client as unknown as KubernetesClient, known, {
      environment: { bucket: { pathPrefix: upload.key.slice(0, upload.key.indexOf('/') + 1) } },
    } as Configuration).resultsOf(job, 'pod');
  };

  it('is a result where it is whole, also when it was taken before and that could not be recorded', async () => {
    const upload = await begin();
    const bytes = randomBytes(MEBIBYTE);
    await put(upload, 1, bytes);
    for (let time = 0; time < 2; time += 1) {
      const [[, found] = []] = await results(upload, { size: bytes.length });
      expect(found).toEqual({ key: upload.key, size: bytes.length, mediaType: 'text/csv', digest: '' });
    }
  });

  it.each([1, 500_000, MEBIBYTE - 1])('is none where it was cut after %d bytes, whatever is listed', async (after) => {
    const upload = await begin();
    await put(upload, 1, randomBytes(MEBIBYTE), after);
    for (let time = 0; time < 2; time += 1)
      await expect(results(upload, { size: MEBIBYTE })).rejects.toMatchObject({ type: 'result-incomplete' });
  });

  it.each([undefined, 0, 1, 2])('of three parts is none where one was cut: %p', async (cut) => {
    const upload = await begin();
    const parts = [randomBytes(5 * MEBIBYTE), randomBytes(5 * MEBIBYTE), randomBytes(1_000)];
    for (const [at, part] of parts.entries()) await put(upload, at + 1, part, at === cut ? 900 : undefined);
    const kept = results(upload, { size: 10 * MEBIBYTE + 1_000, parts: 3 });
    if (cut !== undefined) return expect(kept).rejects.toMatchObject({ type: 'result-incomplete' });
    expect((await kept).get('table')).not.toHaveProperty('unverified');
  });

  it('that passes through the server is whole there, each part with its digest', async () => {
    const upload = await begin(true);
    const bytes = randomBytes(11 * MEBIBYTE);
    const bounds = { first: 1, bytes: 5 * MEBIBYTE, size: bytes.length };
    expect(await relay(store.uploads, upload, bounds, Readable.from([bytes]))).toBe('written');
    const parts = (await store.uploads.parts(upload)) ?? [];
    const digest = (at: number) =>
      createHash('sha256')
        .update(bytes.subarray(at * bounds.bytes, (at + 1) * bounds.bytes))
        .digest('base64');
    expect(parts.map(({ sha256 }) => sha256)).toEqual([0, 1, 2].map(digest));
    expect((await results(upload, { size: bytes.length, parts: 3, relayed: true })).size).toBe(1);
    const found = await store.read(upload.key);
    expect(bytes.equals(await buffer(found?.body as Readable))).toBe(true);
  });
});
