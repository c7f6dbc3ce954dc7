import { describe, expect, it } from '@jest/globals';
import type { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import { NotAvailableError } from '../../ogc/domain-errors.js';
import type { DeclaredOutputs } from './declared-outputs.js';
import { JobCache } from '../model/job-cache.js';
import { LiveResults } from './live-results.js';
import type { PodRecord } from '../model/pod-record.js';
import { aJob, aPod } from '../testing/records.js';

/** What reading the results of a job with these pods is refused with, where the API server answers so to the reading of a log. */
const refusal = (pods: readonly PodRecord[], answer: Error, actual = pods): Promise<unknown> => {
  const { podsFoundOf } = JobCache.prototype;
  const found = { podsFoundOf, withoutPods: new Map() };
  const cache = { podsOf: () => pods, actualPodsOf: async () => actual, ...found } as unknown as JobCache;
  const client = { readLog: () => Promise.reject(answer) } as unknown as KubernetesClient;
  const results = new LiveResults(cache, client, { of: () => new Map() } as unknown as DeclaredOutputs);
  return results.read(aJob()).catch((error: unknown) => error);
};
const answer = (failure: 'not-found' | 'unavailable') => new KubernetesError(failure, 'GET /api/v1/... : not found');

describe('results that nobody collects', () => {
  it.each([
    ['is known to be', []],
    ['is, which is not known yet,', [aPod()]],
  ])('are gone where their pod %s deleted', async (_, pods) => {
    const error = await refusal(pods, answer('not-found'));
    expect(error).toBeInstanceOf(NotAvailableError);
    expect(String(error)).toContain('its pod does not exist any more, and nobody has collected them');
    expect(String(error)).not.toContain('/api/v1');
  });

  it('are not gone where the API server only does not answer', async () => {
    const error = await refusal([aPod()], answer('unavailable'));
    expect(error).toBeInstanceOf(KubernetesError);
  });

  it('are read of a pod that the API server has and the watch has not told of yet', async () => {
    const error = await refusal([], answer('unavailable'), [aPod()]);
    expect(error).toMatchObject({ failure: 'unavailable' });
  });
});
