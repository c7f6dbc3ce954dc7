import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { StoreProbe } from '../../src/object-store/probe/store-probe.js';
import { storeKinds } from '../support/stores/all.js';
import { letters, readExpected } from './table.mjs';
import { startStoreWithBucket, type StoreWithBucket } from '../support/stores/bucket.js';

/** A store may have to be installed first. */
const INSTALLING = 600_000;

describe.each(storeKinds)('the probe of $name $version', (kind) => {
  let tested: StoreWithBucket;
  beforeAll(async () => void (tested = await startStoreWithBucket(kind)), INSTALLING);
  afterAll(() => tested.dispose());

  it('finds what the table says, and leaves nothing', async () => {
    const { client, bucket } = tested;
    const probe = new StoreProbe({ client, bucket, description: kind.name }, 'logs/.probe/');
    const found = await probe.run();
    letters.found(kind.name, found);
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    expect({ objects: Contents.map(({ Key }) => Key), uploads: Uploads.map(({ Key }) => Key) }).toEqual({
      objects: [],
      uploads: [],
    });
    if (!process.env['STORES_UPDATE']) expect(found).toEqual(readExpected().findings[kind.name]);
  });
});

afterAll(() => letters.write(storeKinds));
