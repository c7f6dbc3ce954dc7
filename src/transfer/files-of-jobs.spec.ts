import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Configuration } from '../config/configuration.js';
import { documentOf } from '../json/unread-value.js';
import { formatOutputs } from '../jobs/model/annotations/job-annotations.js';
import { toJobRecord, type JobRecord } from '../jobs/model/job-record.js';
import { jobStatus } from '../jobs/model/job-status.js';
import { JOB_ID } from '../jobs/testing/records.js';
import type { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { ownAnnotation } from '../k8s/names.js';
import { FolderObjectStore } from '../object-store/folder.object-store.js';
import { folderCapabilities, KnownStore, type StoreCapabilities } from '../object-store/store-capabilities.js';
import { UnconfiguredObjectStore } from '../object-store/unconfigured.object-store.js';
import { matchesCapability } from './capability.js';
import { FilePolicy, LARGEST_READ_BACK } from './file-policy.js';
import type { InternalAddress } from './internal-address.js';
import { JobOffers } from './job-offers.js';
import { formatUploadRecords, type UploadRecord } from './upload-records.js';
import { UploadedResults } from './uploaded-results.js';

const configuration = {
  server: { maxOutputBytes: 1_000, manager: { files: 'when-whole' } },
  environment: { bucket: { pathPrefix: 'jobs/' } },
} as Configuration;
const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

let folder: string;
let store: FolderObjectStore;
let annotations: Record<string, string>;
let base: string | undefined;
let known: KnownStore;
const client = {
  getJob: () => Promise.resolve({ metadata: { uid: 'uid', annotations } }),
} as unknown as KubernetesClient;
const job = {
  name: 'job-1',
  uid: 'uid',
  created: new Date('2026-01-31T12:00:00Z'),
  transfer: { capability: 'sha256:' },
} as JobRecord;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transfer-'));
  store = new FolderObjectStore(folder);
  annotations = {};
  known = new KnownStore();
  known.learn(folderCapabilities);
  base = 'http://10.0.0.1:5000';
});
afterEach(() => rm(folder, { recursive: true }));

const offers = (objects: FolderObjectStore | UnconfiguredObjectStore = store) =>
  new JobOffers(
    objects,
    client,
    { base: () => base } as InternalAddress,
    configuration,
    new FilePolicy(known, configuration),
  );
const request = {
  jobId: '1',
  jobName: 'job-1',
  now: new Date('2026-01-31T23:00:00Z'),
  outputs: { 'a map': { schema: { contentMediaType: 'image/tiff' } }, table: { schema: {} } },
};
/** What the job has uploaded, noted on the Job as the transfer addresses do. */
const upload = async (content: string | undefined, announced: Partial<UploadRecord> = {}): Promise<UploadRecord> => {
  const key = 'jobs/2026-01-31_job-1-output-table';
  const id = await store.uploads.start(key, { contentType: 'text/csv', metadata: { 'upload-token': 'token' } });
  const destination = await store.uploads.destination({ key, id }, 1, content?.length ?? 0);
  if (content !== undefined && 'write' in destination) await destination.write(Readable.from([Buffer.from(content)]));
  const record = { key, id, token: 'token', mediaType: 'text/csv', size: content?.length ?? 5, ...announced };
  annotations[ownAnnotation.uploads] = formatUploadRecords(new Map([['table', record]]));
  return record;
};

describe('what a job is offered', () => {
  it('are an address for each output, and a capability of which only the digest is noted', async () => {
    const offer = await offers().offer(request);
    const [{ name, value } = { name: '', value: '{}' }] = offer?.environment ?? [];
    expect(name).toBe('PYGEOAPI_K8S_MANAGER_OUTPUTS');
    const outputs = JSON.parse(value) as Record<string, { url: string }>;
    const capability = new URL(outputs['table']?.url ?? '').searchParams.get('capability') ?? '';
    expect(outputs).toEqual({
      'a map': {
        url: `http://10.0.0.1:5000/transfer/1/outputs/a%20map?capability=${capability}`,
        mediaType: 'image/tiff',
        maxBytes: 1_000,
      },
      table: { url: `http://10.0.0.1:5000/transfer/1/outputs/table?capability=${capability}`, maxBytes: 1_000 },
    });
    const noted = JSON.parse(offer?.annotations[ownAnnotation.transfer] ?? '{}') as { capability: string };
    expect(Object.keys(noted)).toEqual(['capability']);
    expect(matchesCapability(capability, noted.capability)).toBe(true);
  });

  it('are inputs by address, which are kept until they are withdrawn', async () => {
    const offer = await offers().offer({ ...request, outputs: {}, largeInputs: documentOf({ a: 1 }) });
    expect(offer?.environment.map(({ name }) => name)).toEqual(['PYGEOAPI_K8S_MANAGER_INPUTS_URL']);
    const { inputs } = JSON.parse(offer?.annotations[ownAnnotation.transfer] ?? '{}') as { inputs: string };
    expect(inputs).toMatch(/^jobs\/2026-01-31_job-1-inputs-/);
    const kept = await store.read(inputs);
    expect(kept && (await text(kept.body))).toBe('{"a":1}');
    await offer?.withdraw();
    expect(await store.head(inputs)).toBeUndefined();
  });

  it('is nothing without an address for pods, without a store, or where there is nothing to exchange', async () => {
    expect(await offers().offer({ ...request, outputs: {} })).toBeUndefined();
    expect(await offers(new UnconfiguredObjectStore(['X'])).offer(request)).toBeUndefined();
    base = undefined;
    expect(await offers().offer(request)).toBeUndefined();
  });
});

describe('what a job has uploaded', () => {
  const results = () => new UploadedResults(store, client, known, configuration).resultsOf(job, 'pod');

  it('are results, also when they were taken before and that could not be recorded', async () => {
    const { key } = await upload('a,b', { sha256: sha256('a,b') });
    const table = { key, mediaType: 'text/csv', size: 3, digest: `sha256:${sha256('a,b')}` };
    expect([...(await results())]).toEqual([['table', table]]);
    expect([...(await results())]).toEqual([['table', table]]);
  });

  it.each<[string, string | undefined, Partial<UploadRecord>, string]>([
    ['has not arrived', undefined, {}, 'result-incomplete'],
    ['has another length than was announced last', 'a,b', { size: 4 }, 'result-incomplete'],
    ['lacks parts', 'a,b', { parts: 2 }, 'result-incomplete'],
    ['was never said to be whole', 'a,b', { size: undefined }, 'result-incomplete'],
    ['has another digest', 'a,b', { sha256: sha256('c') }, 'result-damaged'],
  ])('is none where it %s', async (_what, content, announced, type) => {
    await upload(content, announced);
    await expect(results()).rejects.toMatchObject({ type, message: expect.stringContaining('output "table"') });
  });

  it('are results of the attempt that sent them, and of no other', async () => {
    const { key } = await upload('a,b', { pod: 'pod' });
    expect([...(await results())]).toMatchObject([['table', { key, size: 3 }]]);
    await upload(undefined, { pod: 'earlier' });
    expect([...(await results())]).toEqual([]);
  });

  it("is none where another's object stands in its place", async () => {
    const { key, id } = await upload('a,b');
    await store.uploads.abort({ key, id });
    await store.create(key, () => Readable.from(['x,y']), { contentType: 'text/csv', size: 3 });
    await expect(results()).rejects.toMatchObject({ type: 'result-lost' });
  });

  it('is not asked for where the job could not upload', async () => {
    await upload('a,b');
    const { transfer: _, ...without } = job;
    expect(
      await new UploadedResults(store, client, known, configuration).resultsOf(without as JobRecord, 'pod'),
    ).toEqual(new Map());
  });
});

describe('what a job has uploaded to a store', () => {
  const md5 = (content: string | Buffer) => createHash('md5').update(content).digest();
  const results = () => new UploadedResults(store, client, known, configuration).resultsOf(job, 'pod');
  /** Makes of the folder a store that lists what came of each part by its MD5, as S3 stores do, whatever it keeps. */
  const listAs = (...came: readonly string[]) => {
    const { uploads } = store;
    const [parts, complete, head] = [
      uploads.parts.bind(uploads),
      uploads.complete.bind(uploads),
      store.head.bind(store),
    ];
    uploads.parts = async (under) =>
      (await parts(under))?.map((part, at) => ({ ...part, etag: `"${md5(came[at] ?? '').toString('hex')}"` }));
    uploads.complete = async (under) => complete(under, (await parts(under)) ?? []);
    const etag = `"${md5(Buffer.concat(came.map(md5))).toString('hex')}-${came.length}"`;
    store.head = async (key) => {
      const object = await head(key);
      return object && { ...object, etag };
    };
  };
  const table = { size: 3, digest: '' };

  it.each(['no', 'yes'] as const)(
    'that drops cut parts: %s, is a result without a word where it is whole',
    async (found) => {
      known.learn({ dropsCutParts: found });
      await upload('a,b');
      listAs('a,b');
      const [[, result] = []] = await results();
      expect(result).toEqual({ ...table, key: expect.any(String), mediaType: 'text/csv' });
    },
  );

  it('that keeps cut parts with their announced size is none where they were cut, also when it was taken before', async () => {
    known.learn({ dropsCutParts: 'no' });
    await upload('a\0\0');
    listAs('a');
    for (let time = 0; time < 2; time += 1)
      await expect(results()).rejects.toMatchObject({
        type: 'result-incomplete',
        message: expect.stringContaining('output "table" is not whole: its 3 bytes are not those that arrived'),
      });
  });

  it('that keeps cut parts is looked at part by part', async () => {
    known.learn({ dropsCutParts: 'no' });
    const first = 'x'.repeat(100_000);
    const send = async () => {
      const { key, id } = await upload(first, { size: 100_003, parts: 2 });
      await store.uploads.write({ key, id }, 2, { size: 3, sha256: '', body: () => Readable.from(['a\0\0']) });
    };
    await send();
    listAs(first, 'a\0\0');
    expect((await results()).get('table')).toMatchObject({ size: 100_003, digest: '' });
    await store.remove('jobs/2026-01-31_job-1-output-table');
    await send();
    listAs(first, 'a');
    await expect(results()).rejects.toMatchObject({ type: 'result-incomplete' });
  });

  it.each<[string, () => void]>([
    ['of which nothing is known', () => known.learn({ dropsCutParts: 'unknown' })],
    ['that keeps cut parts and whose ETags are no MD5', () => known.learn({ dropsCutParts: 'no' })],
  ])('%s is a result that is said not to be verified', async (_what, prepare) => {
    prepare();
    await upload('a,b');
    const outputs = await results();
    expect(outputs.get('table')).toMatchObject({ ...table, unverified: true });
    const outcome = { status: 'successful', finished: '2026-01-01T00:00:00Z' };
    const record = toJobRecord('job-', {
      metadata: {
        name: `job-${JOB_ID}`,
        annotations: {
          [ownAnnotation.outcome]: JSON.stringify(outcome),
          [ownAnnotation.outputs]: formatOutputs(outputs).replaceAll('job-1', `job-${JOB_ID}`),
        },
      },
    });
    expect(jobStatus(record!, []).message).toBe(
      'The job was successful. Not verified is that the file of output "table" arrived as sent: only the length is known to be right.',
    );
  });

  it.each<[string, Partial<UploadRecord>]>([
    ['its digest was said', { sha256: sha256('a,b') }],
    ['it passed through this server', { relayed: true }],
  ])('of which nothing is known is verified where %s', async (_what, announced) => {
    known.learn({ dropsCutParts: 'unknown' });
    await upload('a,b', announced);
    expect((await results()).get('table')).not.toHaveProperty('unverified');
  });

  it('that lists no parts of an upload that is over, as if none had arrived, is taken', async () => {
    await upload('a,b');
    await results();
    store.uploads.parts = () => Promise.resolve([]);
    expect([...(await results())]).toMatchObject([['table', { size: 3 }]]);
  });

  it('that lists a part twice is none: which it would take cannot be told', async () => {
    await upload('a,b');
    const { parts } = store.uploads;
    store.uploads.parts = async (under) => {
      const [part] = (await parts.call(store.uploads, under)) ?? [];
      return part && [part, { ...part, etag: 'another' }];
    };
    await expect(results()).rejects.toMatchObject({ type: 'result-incomplete' });
  });

  it('and which was cut there since is none', async () => {
    await upload('a,b');
    await results();
    await upload('a,b,c', {}); // the same key and token
    await expect(results()).rejects.toMatchObject({
      type: 'result-incomplete',
      message: expect.stringContaining('of its 5 bytes 3 are in the object store'),
    });
  });
});

describe('files', () => {
  it.each<[Partial<StoreCapabilities>, RegExp]>([
    [{ presignedAddresses: 'no' }, /takes nothing at presigned addresses/],
    [{ multipartListing: 'no' }, /does not list the parts/],
    [
      { dropsCutParts: 'no', checksumHeader: 'no', contentMd5: 'no' },
      /keeps parts that were cut, and looks at no checksum/,
    ],
  ])('are not offered by a store with %j, unless that is wanted', async (found, why) => {
    known.learn(found);
    expect(await offers().offer(request)).toBeUndefined();
    expect(new FilePolicy(known, configuration).refusal()).toMatch(why);
    const large = await offers().offer({ ...request, largeInputs: documentOf({}) });
    expect(large?.environment.map(({ name }) => name)).toEqual(['PYGEOAPI_K8S_MANAGER_INPUTS_URL']);

    const always = { ...configuration, server: { ...configuration.server, manager: { files: 'always' } } };
    const policy = new FilePolicy(known, always as Configuration);
    expect(policy.refusal()).toBeUndefined();
    const offer = await new JobOffers(
      store,
      client,
      { base: () => base } as InternalAddress,
      configuration,
      policy,
    ).offer(request);
    expect(offer?.environment.map(({ name }) => name)).toEqual(['PYGEOAPI_K8S_MANAGER_OUTPUTS']);
  });

  it.each<Partial<StoreCapabilities>>([
    {},
    { dropsCutParts: 'no' },
    { dropsCutParts: 'no', checksumHeader: 'no' },
    { conditionalPut: 'no', conditionalCompletion: 'no', dropsCutBodies: 'no', checksumHeader: 'no', contentMd5: 'no' },
  ])('are offered by a store with %j', (found) => {
    const store = new KnownStore();
    store.learn(found);
    expect(new FilePolicy(store, configuration).refusal()).toBeUndefined();
  });

  it.each<[StoreCapabilities['dropsCutParts'], readonly boolean[]]>([
    ['no', [false, true, true]],
    ['yes', [false, false, false]],
    ['unknown', [false, false, false]],
  ])('pass through this server where a store drops cut parts: %s, by their size', (dropsCutParts, expected) => {
    const store = new KnownStore();
    store.learn({ dropsCutParts });
    const policy = new FilePolicy(store, configuration);
    const sizes = [LARGEST_READ_BACK, LARGEST_READ_BACK + 1, undefined];
    expect(sizes.map((size) => policy.isRelayed(size))).toEqual(expected);
  });
});

describe('what is left in the end', () => {
  const left = async () => (await readdir(folder, { recursive: true })).filter((name) => name !== '.uploads');

  it('are the results alone', async () => {
    const { key, size = 0, mediaType } = await upload('a,b');
    await new UploadedResults(store, client, known, configuration).resultsOf(job, 'pod');
    const outputs = new Map([['table', { key, size, mediaType, digest: '' }]]);
    await offers().discard({ ...job, outputs });
    expect((await left()).map(decodeURIComponent)).toEqual([key]);
  });

  it('is nothing of a job without results, whatever it uploaded', async () => {
    await upload('a,b');
    await offers().discard(job);
    expect(await left()).toEqual([]);
    await upload('a,b');
    await new UploadedResults(store, client, known, configuration).resultsOf(job, 'pod');
    await offers().discard(job);
    await offers().discard(job);
    expect(await left()).toEqual([]);
  });
});
