import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const VARIABLES = 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_';

/** A bucket of its own where `S3_*` are set, else a folder: flags and variables of the server, and the keys in it. */
export function startStore(folder) {
  return process.env.S3_ENDPOINT ? startBucket() : startFolder(join(folder, 'store'));
}

async function startFolder(folder) {
  await mkdir(folder);
  return {
    description: 'folder',
    args: ['--object-store', 'folder', '--data-dir', folder],
    environment: { [`${VARIABLES}PATH_PREFIX`]: 'logs/' },
    keys: async () => (await readdir(folder, { recursive: true })).map(decodeURIComponent),
    remove: async () => undefined,
  };
}

async function startBucket() {
  const { S3_ENDPOINT, S3_ACCESS_KEY = '', S3_SECRET_KEY = '' } = process.env;
  const Bucket = `benchmark-${randomBytes(4).toString('hex')}`;
  const client = new S3Client({
    endpoint: S3_ENDPOINT,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: S3_ACCESS_KEY, secretAccessKey: S3_SECRET_KEY },
  });
  await client.send(new CreateBucketCommand({ Bucket }));
  const keys = async () => {
    const found = [];
    let ContinuationToken;
    do {
      const page = await client.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
      found.push(...(page.Contents ?? []).map(({ Key }) => Key));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return found;
  };
  return {
    description: 'S3',
    args: ['--object-store', 's3'],
    environment: {
      [`${VARIABLES}ENDPOINT`]: S3_ENDPOINT,
      [`${VARIABLES}KEY`]: S3_ACCESS_KEY,
      [`${VARIABLES}SECRET`]: S3_SECRET_KEY,
      [`${VARIABLES}NAME`]: Bucket,
      [`${VARIABLES}PATH_PREFIX`]: 'logs/',
    },
    keys,
    remove: async () => {
      const all = await keys();
      for (let start = 0; start < all.length; start += 500) {
        const Objects = all.slice(start, start + 500).map((Key) => ({ Key }));
        await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      }
      await client.send(new DeleteBucketCommand({ Bucket }));
      client.destroy();
    },
  };
}
