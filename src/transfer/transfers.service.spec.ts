import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Configuration } from '../config/configuration.js';
import type { JobCache } from '../jobs/model/job-cache.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import type { DeclaredOutputs } from '../jobs/results/declared-outputs.js';
import { FakeCluster } from '../k8s/testing/fake-cluster.js';
import { jobCacheOf } from '../jobs/testing/job-cache-of.js';
import { at, JOB_ID } from '../jobs/testing/records.js';
import { ownAnnotation } from '../k8s/names.js';
import { FolderObjectStore } from '../object-store/folder.object-store.js';
import { KnownStore } from '../object-store/store-capabilities.js';
import type { PartDigests, UploadOptions } from '../object-store/uploads.js';
import { EndedError, InvalidRequestError } from '../ogc/domain-errors.js';
import { makeCapability } from './capability.js';
import { FilePolicy } from './file-policy.js';
import type { Announcement } from './announcements.js';
import { TransfersService } from './transfers.service.js';
import { parseUploadRecords } from './upload-records.js';
import { UploadedResults } from './uploaded-results.js';

const NAME = `pygeoapi-job-${JOB_ID}`;
const configuration = {
  server: { maxOutputBytes: 1_000, manager: { files: 'when-whole' } },
  environment: { jobNamePrefix: 'pygeoapi-job-', bucket: { pathPrefix: 'jobs/' } },
} as Configuration;
const base64 = (algorithm: string, content: string) => createHash(algorithm).update(content).digest('base64');

let folder: string;
let store: FolderObjectStore;
let known: KnownStore;
let cluster: FakeCluster;
let transfers: TransfersService;
let cache: JobCache;
const { capability, digest } = makeCapability();
const holder = { jobId: JOB_ID, capability };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transfers-'));
  store = new FolderObjectStore(folder);
  known = new KnownStore();
  cluster = new FakeCluster();
  cache = jobCacheOf(cluster, configuration);
  const annotations = {
    [ownAnnotation.collection]: 'pending',
    [ownAnnotation.transfer]: JSON.stringify({ capability: digest }),
  };
  cluster.addJob({
    metadata: { name: NAME, uid: 'job-uid', creationTimestamp: at(0), annotations },
    spec: { template: {} },
  });
  const outputs = { of: () => new Map() } as unknown as DeclaredOutputs;
  const policy = new FilePolicy(known, configuration);
  transfers = new TransfersService(cache, cluster.client, store, outputs, configuration, policy, known);
});
afterEach(() => rm(folder, { recursive: true }));

const announce = (announcement: Partial<Announcement>) =>
  transfers.receiveOutput(holder, { outputId: 'table', ...announcement });
const send = async (content: string, announcement: Partial<Announcement> = {}) => {
  const receiving = await announce({ size: content.length, ...announcement });
  if (!('receive' in receiving)) throw new Error('it went elsewhere');
  await receiving.receive(Readable.from([Buffer.from(content)]));
};
const record = () => parseUploadRecords(cluster.annotationsOf(NAME)[ownAnnotation.uploads]).get('table');
const results = () =>
  new UploadedResults(store, cluster.client, known, configuration).resultsOf(cache.list()[0] as JobRecord, 'pod');
const result = async () => {
  const [[, { key }] = ['', { key: '' }]] = await results();
  return text((await store.read(key))?.body as Readable);
};

describe('a file that is sent again', () => {
  it('begins another upload, and ends the one before', async () => {
    await send('first');
    const first = record();
    await send('a second');
    expect(record()?.id).not.toBe(first?.id);
    expect(await store.uploads.parts(first!)).toBeUndefined();
    expect(await result()).toBe('a second');
  });

  it('and does not arrive leaves the one before, however often, where that has its size', async () => {
    await send('first');
    const first = record();
    for (let time = 0; time < 3; time += 1) await announce({ size: 5 });
    expect(record()?.before?.id).toBe(first?.id);
    for (let time = 0; time < 2; time += 1) expect(await result()).toBe('first');
  });

  it('and arrives takes the place of the one before, which is ended once another is announced', async () => {
    await send('first');
    const first = record();
    await announce({ size: 5 });
    await send('third');
    await send('forth');
    expect(await store.uploads.parts(first!)).toBeUndefined();
    expect(await result()).toBe('forth');
  });

  it('and does not arrive, and has another size, is none', async () => {
    await send('first');
    await announce({ size: 6 });
    expect(record()?.before).toBeUndefined();
    await expect(results()).rejects.toMatchObject({ type: 'result-incomplete' });
  });

  it('after it came in parts, or in parts after it came whole, begins another upload', async () => {
    await send('whole');
    const ids = [record()?.id];
    await send('part', { part: 1 });
    ids.push(record()?.id);
    await send('part', { part: 1 });
    expect(record()?.id).toBe(ids[1]);
    await transfers.completeOutput(holder, { outputId: 'table' });
    expect(await result()).toBe('part');
    await store.remove(record()?.key ?? '');
    await send('again');
    ids.push(record()?.id);
    expect(new Set(ids).size).toBe(3);
    expect(await result()).toBe('again');
  });
});

describe('a file of a store that keeps cut parts', () => {
  it.each<[string, Partial<Announcement>, boolean]>([
    ['small, and comes in one request', {}, false],
    ['comes in parts', { part: 1 }, true],
  ])('that is %s passes through the server: %p', async (_what, announcement, isRelayed) => {
    known.learn({ dropsCutParts: 'no' });
    const numbers: number[] = [];
    const { write } = store.uploads;
    store.uploads.write = (upload, number, part) => {
      numbers.push(number);
      return write.call(store.uploads, upload, number, part);
    };
    await send('a,b', announcement);
    expect([record()?.relayed ?? false, numbers]).toEqual(isRelayed ? [true, [1]] : [false, []]);
    if (!isRelayed) return;
    await transfers.completeOutput(holder, { outputId: 'table', parts: 1 });
    expect((await results()).get('table')).not.toHaveProperty('unverified');
    expect(await result()).toBe('a,b');
  });

  it('that breaks off on its way through the server is refused, and none', async () => {
    known.learn({ dropsCutParts: 'no' });
    const receiving = await announce({ part: 1, size: 5 });
    if (!('receive' in receiving)) throw new Error('it went elsewhere');
    await expect(receiving.receive(Readable.from([Buffer.from('a,b')]))).rejects.toThrow(InvalidRequestError);
    expect(await store.uploads.parts(record()!)).toEqual([]);
  });

  it('that comes after its upload was ended says so', async () => {
    known.learn({ dropsCutParts: 'no' });
    const receiving = await announce({ part: 1, size: 3 });
    await store.uploads.abort(record()!);
    if (!('receive' in receiving)) throw new Error('it went elsewhere');
    await expect(receiving.receive(Readable.from([Buffer.from('a,b')]))).rejects.toThrow(EndedError);
  });
});

describe('what a job says of its bytes by headers', () => {
  it.each<[string, PartDigests]>([
    ['sha256', { sha256: base64('sha256', 'a,b') }],
    ['md5', { md5: base64('md5', 'a,b') }],
  ])('is part of the address that it is sent to: %s', async (name, digests) => {
    const given: unknown[] = [];
    const started: UploadOptions[] = [];
    const { start } = store.uploads;
    store.uploads.start = (key, options) => {
      started.push(options);
      return start.call(store.uploads, key, options);
    };
    store.uploads.destination = (...args: unknown[]) => {
      given.push(args[4]);
      return Promise.resolve({ address: 'http://store/' } as never);
    };
    expect(await announce({ size: 3, digests })).toEqual({ redirect: 'http://store/' });
    expect([given, started.map(({ digests: with256 }) => with256)]).toEqual([[digests], [name === 'sha256']]);
  });

  it.each(['yes', 'no'] as const)(
    'is looked at where the bytes pass through the server (drops cut parts: %s)',
    async (found) => {
      known.learn({ dropsCutParts: found });
      await send('a,b', { part: 1, digests: { sha256: base64('sha256', 'a,b'), md5: base64('md5', 'a,b') } });
      await expect(send('a,c', { part: 1, digests: { md5: base64('md5', 'a,b') } })).rejects.toThrow(
        InvalidRequestError,
      );
      await expect(send('a,c', { part: 1, digests: { sha256: base64('sha256', 'a,b') } })).rejects.toThrow(
        'their sha256 is',
      );
    },
  );

  it.each<[PartDigests, string]>([
    [{ sha256: 'abc' }, 'x-amz-checksum-sha256'],
    [{ sha256: base64('md5', '') }, 'x-amz-checksum-sha256'],
    [{ md5: 'd41d8cd98f00b204e9800998ecf8427e' }, 'Content-MD5'],
  ])('is refused where it is no digest: %j', async (digests, pointer) => {
    await expect(announce({ size: 3, digests })).rejects.toMatchObject({ faults: [{ pointer }] });
  });
});
