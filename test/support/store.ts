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
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
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
  /** An object as text. */
  read(key: string): Promise<string>;
  /** Puts an object there, in the place of any; of a bucket only. */
  write?(key: string, body: string, metadata: Readonly<Record<string, string>>): Promise<void>;
  /** Names of everything that is there, uploads under way included. */
  names(): Promise<string[]>;
  remove(): Promise<void>;
}

/** Those of a job's logs that are another's of the same pod, which a log names first: Kubernetes may have made a job more than one pod, and each has its own. */
export async function duplicateLogs(store: TestStore, logs: readonly string[]): Promise<string[]> {
  if (logs.length < 2) return [];
  const pods = new Set<string>();
  const duplicates: string[] = [];
  for (const key of logs) {
    const [pod = ''] = /^.*$/m.exec(await store.read(key)) ?? [];
    if (pods.has(pod)) duplicates.push(key);
    pods.add(pod);
  }
  return duplicates;
}

export async function startTestStore(): Promise<TestStore> {
  return onRealCluster ? startBucket() : startFolder();
}

async function startFolder(): Promise<TestStore> {
  const folder = await mkdtemp(join(tmpdir(), 'e2e-store-'));
  return folderStore(folder, () => rm(folder, { recursive: true, force: true }));
}

/** A store in a folder that is there. @param remove what to do with it at the end */
export function folderStore(folder: string, remove: () => Promise<void>): TestStore {
  const names = async () => (await readdir(folder, { recursive: true })).map(decodeURIComponent);
  return {
    environment: { DATA_DIR: folder, PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_PATH_PREFIX: 'logs/' },
    args: ['--object-store', 'folder'],
    keys: names,
    names,
    read: async (key) => {
      const name = (await readdir(folder, { recursive: true })).find((each) => decodeURIComponent(each) === key);
      const file = await readFile(join(folder, name ?? key), 'utf8');
      // Before the object stands a line with its properties.
      return file.startsWith('{"key":') ? file.slice(file.indexOf('\n') + 1) : file;
    },
    logs: async () => (await names()).filter((name) => /-logs(\.duplicate[^/]*)?\.txt$/.test(name)),
    remove,
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
