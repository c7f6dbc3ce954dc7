import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ObjectStoreError } from './object-store.js';
import { S3ObjectStore } from './s3.object-store.js';
import { bodyOf, describeObjectStore, expectFailure } from './testing/describe-object-store.js';
import { describeUploads } from './testing/describe-uploads.js';

const { S3_ENDPOINT: endpoint, S3_ACCESS_KEY: key, S3_SECRET_KEY: secret } = process.env;

if (endpoint === undefined || key === undefined || secret === undefined) {
  describe('a bucket', () => {
    it.skip('needs S3_ENDPOINT, S3_ACCESS_KEY and S3_SECRET_KEY', () => undefined);
  });
} else {
  const makeBucket = async () => {
    const bucket = `object-store-spec-${randomUUID()}`;
    const admin = new S3Client({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: key, secretAccessKey: secret },
      forcePathStyle: true,
    });
    await admin.send(new CreateBucketCommand({ Bucket: bucket }));
    const stores = [0, 1].map(() => new S3ObjectStore({ endpoint, key, secret, bucket })) as [
      S3ObjectStore,
      S3ObjectStore,
    ];
    return {
      store: stores[0],
      other: stores[1],
      dispose: async () => {
        for (const store of stores) store.close();
        const { Contents: objects = [] } = await admin.send(new ListObjectsV2Command({ Bucket: bucket }));
        for (const { Key } of objects) await admin.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
        await admin.send(new DeleteBucketCommand({ Bucket: bucket }));
        admin.destroy();
      },
    };
  };

  describeObjectStore('a bucket', makeBucket);
  describeUploads('a bucket', makeBucket);

  describe('an address of an object', () => {
    it('gives it to everybody, with the content type and the file name asked for, also in ranges', async () => {
      const { store, dispose } = await makeBucket();
      await store.create('a key', bodyOf('0123456789'), { contentType: 'text/plain', size: 10 });
      const address = await store.address('a key', { seconds: 60, contentType: 'image/png', fileName: 'Bild ä.png' });
      const response = await fetch(address ?? '', { headers: { range: 'bytes=2-4' } });
      expect([response.status, await response.text()]).toEqual([206, '234']);
      expect(response.headers.get('content-type')).toBe('image/png');
      expect(response.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''Bild%20%C3%A4.png");
      await dispose();
    });
  });

  describe('an address for a part', () => {
    const bytes = randomBytes(100_000);
    const digest = (algorithm: string) => createHash(algorithm).update(bytes).digest('base64');
    const headers = { sha256: 'x-amz-checksum-sha256', md5: 'Content-MD5' } as const;

    it.each(['sha256', 'md5'] as const)('takes the bytes whose %s its sender said, and no others', async (name) => {
      const { store, dispose } = await makeBucket();
      const id = await store.uploads.start('k', { contentType: 'text/plain', digests: name === 'sha256' });
      const upload = { key: 'k', id };
      const { address } = (await store.uploads.destination(upload, 1, bytes.length, 60, {
        [name]: digest(name),
      })) as { address: string };
      // In the query it would be overlooked.
      expect(new URL(address).searchParams.get('X-Amz-SignedHeaders')).toContain(headers[name].toLowerCase());
      expect(address.toLowerCase()).not.toContain(`&${headers[name].toLowerCase()}`);
      const put = async (body: Buffer, said = digest(name)) =>
        (await fetch(address, { method: 'PUT', body: new Uint8Array(body), headers: { [headers[name]]: said } }))
          .status;
      const other = Buffer.from(bytes).fill(0, 50_000);
      expect(await put(other)).toBe(400);
      expect(await put(other, createHash(name).update(other).digest('base64'))).toBe(403);
      expect(await put(bytes)).toBe(200);
      await store.uploads.complete(upload, (await store.uploads.parts(upload)) ?? []);
      const found = await store.read('k');
      expect(bytes.equals(await buffer(found?.body as Readable))).toBe(true);
      await dispose();
    });
  });

  describe('a real S3 store', () => {
    const options = { contentType: 'text/plain', size: 1 };

    it.each([
      ['key', 'wrong-key', secret],
      ['secret', key, 'wrong-secret'],
    ])('that does not know the %s is denied, and the message shows neither', async (_what, wrongKey, wrongSecret) => {
      const store = new S3ObjectStore({ endpoint, key: wrongKey, secret: wrongSecret, bucket: 'some-bucket' });
      for (const call of [store.read('k'), store.remove('k'), store.create('k', bodyOf('x'), options)]) {
        const error = await expectFailure(call, 'denied', true, /^bucket some-bucket at http.*HTTP 40[34]/);
        expect(error.message.includes(wrongKey) || error.message.includes(wrongSecret)).toBe(false);
        expect(error.cause).toBeUndefined();
      }
      await expect(store.check()).rejects.toBeInstanceOf(ObjectStoreError);
      store.close();
    });

    it('that lacks the bucket says so', async () => {
      const store = new S3ObjectStore({ endpoint, key, secret, bucket: `missing-${randomUUID()}` });
      await expectFailure(store.check(), 'no-such-bucket', true, /bucket missing-.* there is no such bucket/);
      await expectFailure(store.read('k'), 'no-such-bucket', true);
      await expectFailure(store.create('k', bodyOf('x'), options), 'no-such-bucket', true);
      store.close();
    });
  });
}
