import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
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
