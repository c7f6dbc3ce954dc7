import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Configuration } from '../config/configuration.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import type { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { ownAnnotation } from '../k8s/names.js';
import { FolderObjectStore } from '../object-store/folder.object-store.js';
import { UnconfiguredObjectStore } from '../object-store/unconfigured.object-store.js';
import { matchesCapability } from './capability.js';
import type { InternalAddress } from './internal-address.js';
import { JobOffers } from './job-offers.js';
import { formatUploadRecords, type UploadRecord } from './upload-records.js';
import { UploadedResults } from './uploaded-results.js';

const configuration = {
  server: { maxOutputBytes: 1_000 },
  environment: { bucket: { pathPrefix: 'jobs/' } },
} as Configuration;
const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

let folder: string;
let store: FolderObjectStore;
let annotations: Record<string, string>;
let base: string | undefined;
const client = {
  getJob: () => Promise.resolve({ metadata: { uid: 'uid', annotations } }),
} as unknown as KubernetesClient;
const job = { name: 'job-1', uid: 'uid', transfer: { capability: 'sha256:' } } as JobRecord;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transfer-'));
  store = new FolderObjectStore(folder);
  annotations = {};
  base = 'http://10.0.0.1:5000';
});
afterEach(() => rm(folder, { recursive: true }));

const offers = (objects: FolderObjectStore | UnconfiguredObjectStore = store) =>
  new JobOffers(objects, client, { base: () => base } as InternalAddress, configuration);
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
    const offer = await offers().offer({ ...request, outputs: {}, largeInputs: '{"a":1}' });
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
  const results = () => new UploadedResults(store, client).resultsOf(job, 'pod');

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
    expect(await new UploadedResults(store, client).resultsOf(without as JobRecord, 'pod')).toEqual(new Map());
  });
});

describe('what is left in the end', () => {
  const left = async () => (await readdir(folder, { recursive: true })).filter((name) => name !== '.uploads');

  it('are the results alone', async () => {
    const { key, size = 0, mediaType } = await upload('a,b');
    await new UploadedResults(store, client).resultsOf(job, 'pod');
    const outputs = new Map([['table', { key, size, mediaType, digest: '' }]]);
    await offers().discard({ ...job, outputs });
    expect((await left()).map(decodeURIComponent)).toEqual([key]);
  });

  it('is nothing of a job without results, whatever it uploaded', async () => {
    await upload('a,b');
    await offers().discard(job);
    expect(await left()).toEqual([]);
    await upload('a,b');
    await new UploadedResults(store, client).resultsOf(job, 'pod');
    await offers().discard(job);
    await offers().discard(job);
    expect(await left()).toEqual([]);
  });
});
