import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Configuration } from '../../config/configuration.js';
import { systemClock } from '../../k8s/time/clock.js';
import { ClusterClock } from '../../k8s/time/cluster-clock.js';
import { NotAvailableError, ResultsExpiredError } from '../../ogc/domain-errors.js';
import { toProblem } from '../../ogc/problem-mapper.js';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { jobCacheOf } from '../testing/job-cache-of.js';
import { JobResults } from './job-results.js';
import type { JobRecord } from '../model/job-record.js';
import { ResultMemory } from './result-memory.js';
import type { LiveResults } from './live-results.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { FakeStore } from '../testing/fake-store.js';
import { at, JOB_ID } from '../testing/records.js';

const NAME = `pygeoapi-job-${JOB_ID}`;
const KEY = `2026-01-01_${NAME}-result`;
const own = (name: string) => `processes.pygeoapi.io/${name}`;

async function bed(
  annotations: Record<string, string>,
  objects: Record<string, string> = {},
  wallClock: () => Date = () => new Date(),
) {
  const cluster = new FakeCluster();
  const store = new FakeStore();
  for (const [key, body] of Object.entries(objects))
    await store.port.create(key, () => Readable.from([Buffer.from(body)]), {
      contentType: 'text/plain',
      size: body.length,
    });
  const configuration = {
    environment: { jobNamePrefix: 'pygeoapi-job-', bucket: { pathPrefix: '' } },
    server: {},
  } as Configuration;
  const cache = jobCacheOf(cluster, configuration);
  const outcome = JSON.stringify({ status: 'successful', finished: at(5).toISOString() });
  cluster.addJob({
    metadata: {
      name: NAME,
      creationTimestamp: at(0),
      annotations: { [own('collection')]: 'done', [own('outcome')]: outcome, ...annotations },
    },
  });
  const processes = { find: () => undefined } as unknown as ProcessRegistry;
  const results = new JobResults(
    cache,
    store.port,
    {} as LiveResults,
    processes,
    configuration,
    new ClusterClock(systemClock, () => wallClock().getTime()),
    new ResultMemory(),
  );
  const open = () => results.read(cache.list()[0] as JobRecord, false, 'http://localhost');
  const read = async () => {
    const answer = await open();
    return [answer.mediaType, answer.size, answer.body && (await text(answer.body))];
  };
  return { cluster, cache, store, open, read };
}

const stored = (key: string) => ({ mediaType: 'text/csv', size: 3, digest: 'sha256:x', key });
const inline = (value: string, encoding?: string) => ({
  mediaType: 'text/plain',
  size: 2,
  digest: 'sha256:x',
  value,
  encoding,
});
const document = { [own('request')]: JSON.stringify({ response: 'document' }) };

describe('results', () => {
  it('come from the Job and from the store, each under its id', async () => {
    const outputs = { table: stored(KEY), note: inline('hi'), bytes: inline('aGk=', 'base64') };
    const { read, cluster } = await bed({ ...document, [own('outputs')]: JSON.stringify(outputs) }, { [KEY]: 'a,b' });
    const [, , body] = await read();
    expect(JSON.parse(String(body))).toEqual({
      table: { value: 'a,b', mediaType: 'text/csv' },
      note: { value: 'hi', mediaType: 'text/plain' },
      bytes: { value: 'hi', mediaType: 'text/plain' },
    });
    expect(cluster.calls).toEqual(['getJob']);
  });

  it('of a job that somebody waited for come, once, from the state that ended the wait', async () => {
    const { read, cluster, cache } = await bed({});
    const ended: string[] = [];
    const leave = cache.onChange(NAME, () => ended.push(cache.list()[0]?.inlineResult?.mediaType ?? 'nothing'));
    const [job] = [...cluster.kubeJobs.values()];
    const annotations = { ...job?.metadata?.annotations, 'pygeoapi.io/result-value': 'new' };
    cluster.addJob({ ...job, metadata: { ...job?.metadata, annotations } });
    leave();
    expect(ended).toEqual(['application/json']);
    expect([await read(), cluster.calls]).toEqual([['application/json', 3, 'new'], []]);
    expect([await read(), cluster.calls]).toEqual([['application/json', 3, 'new'], ['getJob']]);
  });

  it('without a name come from where the predecessor put them', async () => {
    const { read } = await bed({ 'pygeoapi.io/result-value': 'ä', 'pygeoapi.io/result-mimetype': 'text/plain' });
    expect(await read()).toEqual(['text/plain', 2, 'ä']);
  });

  it('that are large come from the store, without a question to the cluster', async () => {
    const { read, cluster } = await bed({ [own('result')]: JSON.stringify(stored(KEY)) }, { [KEY]: 'a,b' });
    expect([await read(), cluster.calls]).toEqual([['text/csv', 3, 'a,b'], []]);
  });

  it('that have vanished from the store are said to be gone, with their key', async () => {
    const { read } = await bed({ [own('outputs')]: JSON.stringify({ a: stored(KEY) }) });
    await expect(read()).rejects.toThrow(NotAvailableError);
    await expect(read()).rejects.toThrow(`no longer in the object store (key ${KEY})`);
  });

  it.each([
    ['under an id', { [own('outputs')]: JSON.stringify({ a: stored(KEY) }) }],
    ['without a name', { [own('result')]: JSON.stringify(stored(KEY)) }],
  ])('%s that are cut in the store fail at once', async (_what, annotations) => {
    const { read } = await bed(annotations, { [KEY]: 'a,' });
    const error: unknown = await read().catch((failure: unknown) => failure);
    expect(toProblem(error)).toMatchObject({
      status: 500,
      problem: {
        type: '/problems/result-incomplete',
        detail: expect.stringContaining(`is not whole: of its 3 bytes 2 are in the object store (key ${KEY})`),
      },
    });
  });

  it('that are cut in the store between the looks at them fail their reader', async () => {
    const { store, open } = await bed({ [own('result')]: JSON.stringify(stored(KEY)) }, { [KEY]: 'a,b' });
    const { body } = await open();
    store.cut(KEY, 2);
    await expect(text(body as Readable)).rejects.toThrow('is not whole');
  });

  it.each([{}, { [own('results-expired')]: at(30).toISOString() }])(
    'whose time is over answer 410 with the reason, removed already or not',
    async (annotations) => {
      const { read } = await bed(
        { [own('outputs')]: JSON.stringify({ a: stored(KEY) }), [own('results-ttl-seconds')]: '10', ...annotations },
        { [KEY]: 'a,b' },
      );
      const error: unknown = await read().catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(ResultsExpiredError);
      expect(toProblem(error)).toEqual({
        status: 410,
        headers: {},
        problem: {
          type: '/problems/results-expired',
          title: 'Results expired',
          status: 410,
          detail: `The results of job "${JOB_ID}" were kept until 2026-01-01T12:00:15.000Z, as its process says (results_ttl), and have been removed. Its status and log are still there.`,
        },
      });
    },
  );

  it('that are removed while they are fetched have expired, also where this clock is a little behind', async () => {
    const expiring = { [own('outputs')]: JSON.stringify({ a: stored(KEY) }), [own('results-ttl-seconds')]: '10' };
    const late = await bed(expiring, {}, () => at(14));
    await expect(late.read()).rejects.toThrow(ResultsExpiredError);
    const early = await bed(expiring, {}, () => at(8));
    await expect(early.read()).rejects.toThrow(NotAvailableError);
  });

  it('that stand in the Job do not expire before it', async () => {
    const { read } = await bed({ 'pygeoapi.io/result-value': '1', [own('results-ttl-seconds')]: '1' });
    expect((await read())[2]).toBe('1');
  });
});
