import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { ResultFault, type StoredResult } from '../jobs/model/job-outcome.js';
import { parseOutputs } from '../jobs/model/annotations/job-annotations.js';
import { ownAnnotation } from '../k8s/names.js';
import { ObjectStoreError } from '../object-store/object-store.js';
import { aKubeJob, aKubePod, JOB, LOG_KEY, POD, RELEASED, RESULT, setUp, terminated } from './testing/finalizer-bed.js';

const digest = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const file = (key: string): StoredResult => ({
  key,
  size: 5_000_000_000,
  digest: digest(key),
  mediaType: 'image/tiff',
});

function bed(log: string, files: Readonly<Record<string, StoredResult>>, annotations: Record<string, string> = {}) {
  const all = setUp();
  all.sources.register({ resultsOf: () => Promise.resolve(new Map(Object.entries(files))) });
  all.cluster.addJob(aKubeJob(annotations));
  all.cluster.logs.set(`${POD}/main`, log);
  all.cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
  const outputs = () => parseOutputs(all.cluster.annotationsOf(JOB)[ownAnnotation.outputs]);
  return { ...all, outputs };
}

describe('results that were uploaded as files', () => {
  it('are recorded with the outcome, in one patch, beside the one that was printed', async () => {
    const { cluster, outputs, outcome, reconcilePod } = bed(`${RESULT}x`, { scene: file('a'), mask: file('b') });
    const patches: string[] = [];
    cluster.onPatch = (_, { metadata }) => patches.push(...Object.keys(metadata?.annotations ?? {}));
    await reconcilePod();
    expect(outcome()).toMatchObject({ status: 'successful' });
    expect([...(outputs() ?? [])]).toEqual([
      ['scene', file('a')],
      ['mask', file('b')],
    ]);
    expect(patches).toEqual([
      ownAnnotation.outcome,
      'pygeoapi.io/updated',
      'pygeoapi.io/result-mimetype',
      'pygeoapi.io/result-value',
      ownAnnotation.outputs,
      ownAnnotation.collection,
      ownAnnotation.logKey,
      ownAnnotation.log,
    ]);
  });

  it.each([
    [
      'for an output that the process does not have',
      { other: file('a') },
      'output "other", which its process does not have; it has scene, mask.',
    ],
    [
      'for each output, beside a printed one',
      { scene: file('a'), mask: file('b') },
      'a result without a name, and gave one for each of its outputs',
    ],
    ['under a very long id', { ['x'.repeat(129)]: file('a') }, 'whose id has more than 128 bytes'],
  ])('fail their job %s', async (_, files, message) => {
    const { outcome, finalizers, declared, store, reconcilePod } = bed(`${RESULT}x`, files);
    if (!message.includes('id has')) for (const id of ['scene', 'mask']) declared.set(id, undefined);
    await reconcilePod();
    expect(outcome()).toMatchObject({
      status: 'failed',
      cause: { type: 'result-invalid', message: expect.stringContaining(message) },
    });
    expect([finalizers(), [...store.objects.keys()]]).toEqual([RELEASED, [LOG_KEY]]);
  });

  it('are at most a hundred', async () => {
    const files = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`output-${at}`, file('a')]));
    const { outcome, reconcilePod } = bed('', files);
    await reconcilePod();
    expect(outcome()).toMatchObject({
      cause: { type: 'result-too-large', message: expect.stringContaining('101 outputs') },
    });
  });

  it('leave annotations far below what Kubernetes allows, however long their ids, keys and types', async () => {
    const long = { ...file(`${'k'.repeat(500)}`), mediaType: `text/${'x'.repeat(250)}` };
    const files = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`${at}-${'ä'.repeat(62)}`, long]));
    const { cluster, outcome, reconcilePod } = bed(`${RESULT}${'x'.repeat(16_384)}`, files);
    await reconcilePod();
    expect(outcome()).toMatchObject({ status: 'successful' });
    const size = Object.entries(cluster.annotationsOf(JOB)).reduce(
      (sum, [key, value]) => sum + Buffer.byteLength(key + value),
      0,
    );
    expect(size).toBeLessThan(192 * 1024);
  });

  it('that are damaged fail their job with what is wrong', async () => {
    const { outcome, sources, finalizers, reconcilePod } = bed('', {});
    sources.register({
      resultsOf: () => Promise.reject(new ResultFault('result-damaged', 'Output "x" has 3 bytes, not 4.')),
    });
    await reconcilePod();
    expect([outcome(), finalizers()]).toMatchObject([
      { status: 'failed', cause: { type: 'result-damaged', message: 'Output "x" has 3 bytes, not 4.' } },
      RELEASED,
    ]);
  });

  it('that cannot be looked up now are looked up again', async () => {
    const { outcome, sources, finalizers, reconcilePod } = bed('', {});
    sources.register({
      resultsOf: () => Promise.reject(new ObjectStoreError('unreachable', 'connection refused', true)),
    });
    await expect(reconcilePod()).rejects.toThrow('connection refused');
    expect([outcome(), finalizers()]).toMatchObject([null, { length: 2 }]);
  });

  it('make a job successful whose log is gone, where they are all that was asked for', async () => {
    const request = JSON.stringify({ response: 'raw', outputs: ['scene'] });
    const { cluster, outcome, declared, reconcilePod } = bed(
      '',
      { scene: file('a') },
      { [ownAnnotation.request]: request },
    );
    for (const id of ['scene', 'mask']) declared.set(id, undefined);
    cluster.logs.set(`${POD}/main`, 'unable to retrieve container logs for containerd://abc');
    await reconcilePod();
    expect(outcome()).toMatchObject({ status: 'successful' });
  });
});
