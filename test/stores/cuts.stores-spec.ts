import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { StoreProbe } from '../../src/object-store/probe/store-probe.js';
import { S3ObjectStore } from '../../src/object-store/s3.object-store.js';
import { KnownStore } from '../../src/object-store/store-capabilities.js';
import { storeKinds } from '../support/stores/all.js';
import { startStoreWithBucket, type StoreWithBucket } from '../support/stores/bucket.js';
import { CuttingProxy } from '../support/stores/cutting-proxy.js';
import { ways, type CutWrite, type Outcome } from './cut-writes.js';
import { cellOf, cutters, letters, positions, readExpected, sizes, type Cutter } from './table.mjs';

/** A store may have to be installed first. */
const INSTALLING = 600_000;
const BATCH = 300_000;

const expected = readExpected();
const bodies = new Map(Object.entries(sizes).map(([name, size]) => [name, bodyOf(name, size)]));

/** Where the body is cut, bytes. */
const placeOf: Readonly<Record<string, (size: number) => number>> = {
  beginning: () => 1,
  middle: (size) => Math.floor(size / 2),
  end: (size) => size - 1,
};

describe.each(storeKinds)('$name $version', (kind) => {
  let tested: StoreWithBucket;
  let proxy: CuttingProxy;
  let store: S3ObjectStore;
  beforeAll(async () => {
    tested = await startStoreWithBucket(kind);
    const { client, bucket } = tested;
    proxy = await CuttingProxy.before(tested.store.endpoint, () => tested.store.pid);
    const known = new KnownStore();
    known.learn(await new StoreProbe({ client, bucket, description: kind.name }, '.probe/').run());
    const { accessKey: key, secretKey: secret, region } = tested.store;
    store = new S3ObjectStore({ endpoint: proxy.endpoint, key, secret, region, bucket, known });
  }, INSTALLING);
  afterAll(async () => {
    store.close();
    proxy.close();
    await tested.dispose();
  });

  const happening = cutters.filter((cutter) => cutter !== 'kill' || kind.keepsDataOnDisk);
  const cases = happening.flatMap((cutter) => positions.map((position) => ({ cutter, position })));
  it.each(cases)(
    'keeps nothing but whole bodies for whole, cut by $cutter at the $position',
    async ({ cutter, position }) => {
      const writes = Object.entries(ways).flatMap(([way, make]) =>
        [...bodies].map(([size, body]) => ({
          way,
          size,
          write: make(store, `${cutter}/${position}/${way.replaceAll(' ', '-')}/${size.replace(' ', '')}`, body),
        })),
      );
      for (const { write } of writes) await write.prepare();
      await cutAll(
        writes.map(({ write }) => write),
        cutter,
        position,
      );
      const found: Record<string, Record<string, Outcome>> = {};
      for (const { way, size, write } of writes) {
        const outcome = await write.outcome().catch((error: unknown) => {
          throw new Error(`${way}, ${size}`, { cause: error });
        });
        (found[way] ??= {})[size] = outcome;
        letters.note(kind.name, way, cutter, size, position, outcome);
      }
      expect(Object.values(found).flatMap((each) => Object.values(each))).not.toContain('unnoticed');
      if (process.env['STORES_UPDATE']) return;
      const wanted = Object.keys(ways).map((way) => [
        way,
        Object.fromEntries(
          Object.keys(sizes).map((size) => [size, cellOf(expected, kind.name, way, cutter, size, position)]),
        ),
      ]);
      expect(found).toEqual(Object.fromEntries(wanted));
    },
    BATCH,
  );

  async function cutAll(writes: readonly CutWrite[], cutter: Cutter, position: string): Promise<void> {
    const how = { client: 'end', network: 'reset', kill: 'stall' } as const;
    const reached = writes.map(({ key, size }) =>
      proxy.cut(key, { after: placeOf[position]?.(size) ?? 0, how: how[cutter], once: cutter === 'network' }),
    );
    const written = writes.map((write) => write.write());
    await Promise.all(reached);
    if (cutter === 'kill') {
      // It is away until all writers have given up.
      proxy.refuse();
      await tested.store.kill();
    }
    await Promise.all(written);
    await proxy.settle();
    if (cutter !== 'kill') return;
    await tested.store.restart();
    // Some answer before they work.
    await tested.client.send(
      new PutObjectCommand({ Bucket: tested.bucket, Key: `up/${cutter}-${position}`, Body: 'up' }),
    );
  }
});

afterAll(() => letters.write(storeKinds));

/** Nothing in it is like what a store might fill with. */
function bodyOf(name: string, size: number): Buffer {
  const blocks: Buffer[] = [];
  for (let block = 0; block * 32 < size; block += 1)
    blocks.push(createHash('sha256').update(`${name} ${block}`).digest());
  return Buffer.concat(blocks).subarray(0, size);
}
