import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
import type { TestStore } from '../store.js';

/** A new bucket beside the real cluster. */
export async function startBucket(): Promise<TestStore> {
  const bucket = `e2e-${randomBytes(4).toString('hex')}`;
  const { S3_ENDPOINT = '', S3_ACCESS_KEY = '', S3_SECRET_KEY = '' } = process.env;
  const client = new S3Client({
    endpoint: S3_ENDPOINT,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: S3_ACCESS_KEY, secretAccessKey: S3_SECRET_KEY },
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const all = async () => {
    const found: string[] = [];
    let token: string | undefined;
    do {
      const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: token }));
      found.push(...(page.Contents ?? []).map((object) => object.Key ?? ''));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return found;
  };
  // What the server finds out about the store it may do at any time.
  const isProbe = (key: string) => key.includes('.probe/');
  const keys = async () => (await all()).filter((key) => !isProbe(key));
  const uploads = async () => {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    return Uploads.filter(({ Key = '' }) => !isProbe(Key)).map(({ Key = '' }) => `${Key} (upload)`);
  };
  const prefix = 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_';
  return {
    environment: {
      [`${prefix}ENDPOINT`]: S3_ENDPOINT,
      [`${prefix}KEY`]: S3_ACCESS_KEY,
      [`${prefix}SECRET`]: S3_SECRET_KEY,
      [`${prefix}NAME`]: bucket,
      [`${prefix}PATH_PREFIX`]: 'logs/',
    },
    args: ['--object-store', 's3'],
    names: async () => [...(await keys()), ...(await uploads())],
    keys,
    read: async (key) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return (await Body?.transformToString()) ?? '';
    },
    write: async (key, body, metadata) => {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, Metadata: metadata }));
    },
    logs: async () => (await keys()).filter((key) => /-logs(\.duplicate[^/]*)?\.txt$/.test(key)),
    remove: async () => {
      for (const key of await all()) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      await client.send(new DeleteBucketCommand({ Bucket: bucket }));
      client.destroy();
    },
  };
}
