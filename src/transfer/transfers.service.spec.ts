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
import { EndedError, InvalidRequestError, PayloadTooLargeError } from '../ogc/domain-errors.js';
import { makeCapability } from './capability.js';
import { FilePolicy } from './file-policy.js';
import type { Announcement } from './announcements.js';
import { OutputCeilings } from './output-ceilings.js';
import { TransfersService } from './transfers.service.js';
import { UploadRegister } from './upload-register.js';
import { parseUploadRecords, type UploadRecord } from './upload-records.js';
import { UploadedResults } from './uploaded-results.js';

const NAME = `pygeoapi-job-${JOB_ID}`;
const configuration = {
  server: { maxOutputBytes: 12_000_000, maxJobOutputBytes: 13_000_000, manager: { files: 'when-whole' } },
  environment: { jobNamePrefix: 'pygeoapi-job-', bucket: { pathPrefix: 'jobs/' } },
} as Configuration;
const base64 = (algorithm: string, content: string) => createHash(algorithm).update(content).digest('base64');

let folder: string;
let store: FolderObjectStore;
let known: KnownStore;
let cluster: FakeCluster;
let transfers: TransfersService;
/** Another replica. */
let other: TransfersService;
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
  const makeServer = (): TransfersService => {
    const ceilings = new OutputCeilings(configuration);
    const register = new UploadRegister(cache, cluster.client, store, outputs, configuration, policy, ceilings);
    return new TransfersService(register, store, outputs, known);
  };
  transfers = makeServer();
  other = makeServer();
});
afterEach(() => rm(folder, { recursive: true }));

const announce = (announcement: Partial<Announcement>) =>
  transfers.receiveOutput(holder, { outputId: 'table', ...announcement });
const send = async (content: string, announcement: Partial<Announcement> = {}) => {
  const receiving = await announce({ size: content.length, ...announcement });
  if (!('receive' in receiving)) throw new Error('it went elsewhere');
  await receiving.receive(Readable.from([Buffer.from(content)]));
};
const record = (outputId = 'table') =>
  parseUploadRecords(cluster.annotationsOf(NAME)[ownAnnotation.uploads]).get(outputId);
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

describe('what a job may upload', () => {
  const FIVE = 5 * 1024 ** 2;
  /** Announces a part, as a job does that sends it straight to the store. */
  const part = (number: number, size: number, server = transfers, outputId = 'table') =>
    server.receiveOutput(holder, { outputId, part: number, size });
  const whole = (size: number, outputId: string, server = transfers) =>
    server.receiveOutput(holder, { outputId, size });
  const put = (upload: UploadRecord, number: number, size: number) =>
    store.uploads.write(upload, number, { size, sha256: '', body: () => Readable.from([Buffer.alloc(size)]) });
  const tooLarge = async (work: Promise<unknown>, key: string) => {
    await expect(work).rejects.toThrow(PayloadTooLargeError);
    await expect(work).rejects.toThrow(key);
  };

  it('for an output is limited, for whole files before anything is begun', async () => {
    await whole(5, 'table');
    const before = record();
    await tooLarge(whole(12_000_001, 'table'), 'server.max_output_bytes');
    expect(record()).toEqual(before);
    await whole(12_000_000, 'table');
  });

  it('for all outputs together is limited, whichever server hears of them, with those that go on in parts', async () => {
    await whole(6_000_000, 'image');
    await part(1, FIVE, transfers, 'parts');
    await tooLarge(whole(1_757_121, 'table'), 'server.max_job_output_bytes');
    await whole(1_757_120, 'table');
    await put(record('parts')!, 1, FIVE);
    await tooLarge(whole(1_757_121, 'table', other), 'server.max_job_output_bytes');
    expect(record()?.size).toBe(1_757_120);
    await whole(6_000_001, 'image').catch(() => undefined);
    expect(record('image')?.size).toBe(6_000_000);
    // What a file takes is free again for one that takes its place.
    await whole(1_757_119, 'table', other);
    await whole(6_000_001, 'image');
  });

  it('in parts is limited while they come, and leaves nothing of what has come', async () => {
    await part(1, FIVE);
    await part(2, FIVE);
    await part(2, FIVE);
    const upload = record()!;
    await tooLarge(part(3, 2_000_000), 'server.max_output_bytes');
    expect([record(), await store.uploads.parts(upload)]).toEqual([undefined, undefined]);
    await part(1, FIVE);
    await put(record()!, 1, 7);
    expect(await transfers.completeOutput(holder, { outputId: 'table' })).toEqual({ size: 7, parts: 1 });
    expect(await result()).toHaveLength(7);
  });

  it('in parts counts each for the most that was ever announced of it', async () => {
    for (const number of [1, 2]) for (const size of [FIVE, 1]) await part(number, size);
    await tooLarge(part(3, FIVE), 'server.max_output_bytes');
  });

  it('in parts that are announced at the same time is no more', async () => {
    await part(1, FIVE);
    const parts = await Promise.allSettled([2, 3, 4].map((number) => part(number, FIVE)));
    expect(parts.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
  });

  it('in parts is asked of the store once, by a server that was not told of all', async () => {
    await part(1, FIVE);
    await put(record()!, 1, FIVE);
    let listed = 0;
    const { parts } = store.uploads;
    store.uploads.parts = (upload) => {
      listed += 1;
      return parts.call(store.uploads, upload);
    };
    for (const number of [2, 3, 4, 5]) await part(number, 1_000_000, other);
    expect(listed).toBe(1);
    await tooLarge(part(6, 6_000_000, other), 'server.max_output_bytes');
  });

  it('in parts is said to be whole with a look at each of them, however many there are', async () => {
    await part(1, 1);
    let looks = 0;
    store.uploads.parts = () =>
      Promise.resolve(
        Array.from({ length: 1_000 }, (_, at) => ({
          size: 1,
          etag: `${at}`,
          get number() {
            looks += 1;
            return at + 1;
          },
        })),
      );
    await expect(transfers.completeOutput(holder, { outputId: 'table' })).rejects.toMatchObject({
      faults: [{ message: expect.stringContaining('part 1 has less than') }],
    });
    expect(looks).toBeLessThanOrEqual(2_000);
  });

  it.each(['server.max_output_bytes', 'server.max_job_output_bytes'])(
    'in parts is measured when it is said to be whole (%s)',
    async (key) => {
      const size = key === 'server.max_output_bytes' ? 2_000_000 : 1_000_000;
      await whole(2_000_000, 'image');
      await part(1, 1);
      const upload = record()!;
      // By way of another server.
      for (const number of [1, 2]) await put(upload, number, FIVE);
      await put(upload, 3, size);
      await tooLarge(transfers.completeOutput(holder, { outputId: 'table' }), key);
      expect([record(), await store.uploads.parts(upload)]).toEqual([undefined, undefined]);
      await expect(transfers.completeOutput(holder, { outputId: 'table' })).rejects.toThrow(InvalidRequestError);
      await send('smaller');
      expect(await store.uploads.parts(record()!)).toMatchObject([{ number: 1, size: 7 }]);
    },
  );
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
