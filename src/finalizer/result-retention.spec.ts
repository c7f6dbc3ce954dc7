import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { at } from '../jobs/testing/records.js';
import { ownAnnotation } from '../k8s/names.js';
import { ObjectStoreError } from '../object-store/object-store.js';
import { aKubeJob, JOB, LOG_KEY, setUp } from './testing/finalizer-bed.js';

const KEYS = [`logs/2026-01-01_${JOB}-result`, `logs/2026-01-01_${JOB}-result-map`];
const OTHERS = [LOG_KEY, 'logs/2026-01-01_pygeoapi-job-another-result', `elsewhere/${JOB}-result`];
const stored = (key: string) => ({ mediaType: 'text/plain', size: 1, digest: 'sha256:x', key });

async function bed(annotations: Record<string, string> = {}) {
  const all = setUp();
  for (const key of [...KEYS, ...OTHERS])
    await all.store.port.create(key, () => Readable.from([Buffer.from('x')]), { contentType: 'text/plain', size: 1 });
  all.cluster.addJob(
    aKubeJob({
      [ownAnnotation.collection]: 'done',
      [ownAnnotation.outcome]: JSON.stringify({ status: 'successful', finished: at(5).toISOString() }),
      [ownAnnotation.result]: JSON.stringify(stored(KEYS[0] ?? '')),
      // Somebody has edited the Job.
      [ownAnnotation.outputs]: JSON.stringify(
        Object.fromEntries([KEYS[1] ?? '', ...OTHERS].map((key, at) => [`output-${at}`, stored(key)])),
      ),
      ...annotations,
    }),
  );
  return all;
}

describe('results in the object store', () => {
  it('are removed when their time is over, with a note on the Job; logs and what is another’s stay', async () => {
    const { cluster, store, reconcileJob } = await bed({ [ownAnnotation.resultsTtl]: '10' });
    expect(await reconcileJob(at(14))).toEqual({ requeueAfter: 1000 });
    expect(store.objects.size).toBe(5);
    expect(await reconcileJob(at(15))).toBeUndefined();
    expect([...store.objects.keys()]).toEqual(OTHERS);
    expect(cluster.annotationsOf(JOB)[ownAnnotation.resultsExpired]).toBe(at(15).toISOString());
    await reconcileJob(at(16));
    expect(cluster.calls).toEqual(['patchJob']);
  });

  it('are looked at again after a day at the latest', async () => {
    const { reconcileJob } = await bed({ [ownAnnotation.resultsTtl]: '2147483647' });
    expect(await reconcileJob(at(14))).toEqual({ requeueAfter: 86_400_000 });
  });

  it('stay where nothing says how long', async () => {
    const { cluster, store, reconcileJob } = await bed();
    expect(await reconcileJob(at(59))).toBeUndefined();
    expect([store.objects.size, cluster.calls]).toEqual([5, []]);
  });

  it('are not taken for removed while the store is down', async () => {
    const { cluster, store, reconcileJob } = await bed({ [ownAnnotation.resultsTtl]: '10' });
    store.failure = new ObjectStoreError('unreachable', 'connection refused', true);
    await expect(reconcileJob(at(15))).rejects.toThrow('connection refused');
    expect(cluster.annotationsOf(JOB)).not.toHaveProperty([ownAnnotation.resultsExpired]);
  });

  it('go with a dismissed job, and so does what it has given otherwise; its log stays', async () => {
    const { cluster, store, sources, reconcileJob } = await bed({ [ownAnnotation.dismissed]: at(9).toISOString() });
    const discarded: string[] = [];
    sources.register({
      resultsOf: () => Promise.resolve(new Map()),
      discard: ({ name }) => Promise.resolve(void discarded.push(name)),
    });
    await reconcileJob();
    expect([[...store.objects.keys()], discarded, cluster.calls]).toEqual([OTHERS, [JOB], ['deleteJob']]);
  });
});
