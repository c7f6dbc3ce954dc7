import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onRealCluster } from './cluster.js';

/** The object store of a suite: a bucket beside the real cluster, a folder beside the embedded one. */
export interface TestStore {
  readonly environment: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** Names of all objects. */
  keys(): Promise<string[]>;
  /** Names of all objects that hold logs. */
  logs(): Promise<string[]>;
  remove(): Promise<void>;
}

export async function startTestStore(): Promise<TestStore> {
  return onRealCluster ? startBucket() : startFolder();
}

async function startFolder(): Promise<TestStore> {
  const folder = await mkdtemp(join(tmpdir(), 'e2e-store-'));
  const keys = async () => (await readdir(folder, { recursive: true })).map(decodeURIComponent);
  return {
    environment: { DATA_DIR: folder, PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_PATH_PREFIX: 'logs/' },
    args: ['--object-store', 'folder'],
    keys,
    logs: async () => (await keys()).filter((name) => /-logs(\.duplicate[^/]*)?\.txt$/.test(name)),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function startBucket(): Promise<TestStore> {
  const bucket = `e2e-${randomBytes(4).toString('hex')}`;
  const { S3_ENDPOINT = '', S3_ACCESS_KEY = '', S3_SECRET_KEY = '' } = process.env;
  const client = new S3Client({
    endpoint: S3_ENDPOINT,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: S3_ACCESS_KEY, secretAccessKey: S3_SECRET_KEY },
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const keys = async () => {
    const found: string[] = [];
    let token: string | undefined;
    do {
      const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: token }));
      found.push(...(page.Contents ?? []).map((object) => object.Key ?? ''));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return found;
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
    keys,
    logs: async () => (await keys()).filter((key) => /-logs(\.duplicate[^/]*)?\.txt$/.test(key)),
    remove: async () => {
      for (const key of await keys()) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      await client.send(new DeleteBucketCommand({ Bucket: bucket }));
      client.destroy();
    },
  };
}
