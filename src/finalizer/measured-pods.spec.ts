import { describe, expect, it } from '@jest/globals';
import { parseAttempts } from '../jobs/model/annotations/job-annotations.js';
import { parseUsed } from '../jobs/model/run/used.js';
import { at } from '../jobs/testing/records.js';
import { ownAnnotation } from '../k8s/names.js';
import { aKubeJob, aKubePod, JOB, POD, setUp, terminated } from './testing/finalizer-bed.js';

const sample = {
  metadata: { name: POD },
  timestamp: at(4).toISOString(),
  window: '2s',
  containers: [{ usage: { cpu: '500m', memory: '1Mi' } }],
};
/** It ran for three seconds. */
const used = { cpuSeconds: 1.5, memoryByteSeconds: 3 * 1024 ** 2, memoryPeakBytes: 1024 ** 2, samples: 1 };

function anEndedPod(kubeJob = aKubeJob(), phase: 'Succeeded' | 'Failed' = 'Succeeded') {
  const bed = setUp();
  bed.cluster.addJob(kubeJob);
  bed.cluster.addPod(aKubePod(phase, { main: terminated(phase === 'Failed' ? 1 : 0) }));
  const pod = bed.cache.pods.get(POD);
  if (!pod) throw new Error('there is no pod');
  return { ...bed, measure: () => bed.use.add(pod, sample) };
}

describe('what a pod used', () => {
  it('is noted on its Job as its log is, in the same write', async () => {
    const { cluster, measure, reconcilePod } = anEndedPod();
    measure();
    await reconcilePod();
    expect(parseUsed(cluster.annotationsOf(JOB)[ownAnnotation.used])).toEqual(used);
    expect(cluster.calls.filter((call) => call === 'patchJob')).toHaveLength(2);
  });

  it('is noted of a job that was dismissed, whose outcome was written before', async () => {
    const outcome = JSON.stringify({ status: 'dismissed', finished: at(4).toISOString() });
    const { cluster, measure, reconcilePod } = anEndedPod(aKubeJob({ [ownAnnotation.outcome]: outcome }));
    measure();
    await reconcilePod();
    expect(cluster.annotationsOf(JOB)[ownAnnotation.outcome]).toBe(outcome);
    expect(parseUsed(cluster.annotationsOf(JOB)[ownAnnotation.used])).toEqual(used);
  });

  it('is noted with its attempt where another follows', async () => {
    const { cluster, measure, reconcilePod } = anEndedPod(
      aKubeJob({}, { spec: { backoffLimit: 2, template: {} } }),
      'Failed',
    );
    measure();
    await reconcilePod();
    expect(parseAttempts(cluster.annotationsOf(JOB)[ownAnnotation.attempts])).toMatchObject([{ used }]);
    expect(cluster.annotationsOf(JOB)).not.toHaveProperty([ownAnnotation.used]);
  });

  it('is not where nobody measured it', async () => {
    const { cluster, reconcilePod } = anEndedPod();
    await reconcilePod();
    expect(cluster.annotationsOf(JOB)).not.toHaveProperty([ownAnnotation.used]);
  });
});
