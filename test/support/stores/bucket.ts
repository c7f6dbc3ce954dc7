import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RealStore, RealStoreKind } from './real-store.js';

/** A store that runs, with a bucket of its own. */
export interface StoreWithBucket {
  readonly store: RealStore;
  readonly bucket: string;
  readonly client: S3Client;
  /** Stops the store and removes what it kept. */
  dispose(): Promise<void>;
}

export async function startStoreWithBucket(kind: RealStoreKind): Promise<StoreWithBucket> {
  const folder = await mkdtemp(join(tmpdir(), 'test-store-'));
  const store = await kind.start(folder);
  const bucket = 'tests';
  const client = new S3Client({
    endpoint: store.endpoint,
    region: store.region,
    forcePathStyle: true,
    credentials: { accessKeyId: store.accessKey, secretAccessKey: store.secretKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // The first requests to a store that has just begun to answer may still fail.
    maxAttempts: 10,
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const dispose = async (): Promise<void> => {
    client.destroy();
    await store.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { store, bucket, client, dispose };
}
