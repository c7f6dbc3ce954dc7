import { describe, expect, it } from '@jest/globals';
import type { V1Job } from '@kubernetes/client-node';
import { FakeArchive } from '../../../archive/testing/fake-archive.js';
import { annotation, label, nameOfSignature, ownAnnotation } from '../../../k8s/names.js';
import { FakeCluster } from '../../../k8s/testing/fake-cluster.js';
import { configuration, jobCacheOf } from '../../testing/job-cache-of.js';
import { at, JOB_ID } from '../../testing/records.js';
import { archivedJobOf, stateOf } from './archived-job-of.js';
import { ArchivedJobs } from './archived-jobs.js';

const JOB = `pygeoapi-job-${JOB_ID}`;
const text = (seconds: number) => at(seconds).toISOString().replace('.000Z', 'Z') as unknown as Date;
const outcome = (status: string, more: object = {}) => ({
  [ownAnnotation.outcome]: JSON.stringify({
    status,
    started: at(2).toISOString(),
    finished: at(12).toISOString(),
    ...more,
  }),
});
const failed = { cause: { type: 'non-zero-exit', message: 'It ended with 1.', exitCode: 1 }, logTail: 'the end' };
const ended = (type: string, reason?: string) => ({
  status: { startTime: text(1), conditions: [{ type, status: 'True', reason, lastTransitionTime: text(13) }] },
});

function kubeJob(
  annotations: Record<string, string>,
  rest: Partial<V1Job> = {},
  metadata: V1Job['metadata'] = {},
): V1Job {
  return {
    metadata: {
      name: JOB,
      uid: 'job-uid',
      resourceVersion: '7',
      creationTimestamp: text(0),
      managedFields: [{ manager: 'x' }],
      annotations: { [annotation.processId]: 'hello', [ownAnnotation.collection]: 'done', ...annotations },
      ...metadata,
    },
    spec: {
      backoffLimit: 0,
      ttlSecondsAfterFinished: 60,
      template: {
        metadata: { labels: { [label.owner]: 'whose' } },
        spec: {
          containers: [{ name: 'main', resources: { requests: { cpu: '1' } }, env: [{ name: 'S', value: 'x' }] }],
        },
      },
    },
    ...rest,
  };
}

function archive(of: V1Job, now = at(20)) {
  const cluster = new FakeCluster();
  const cache = jobCacheOf(cluster);
  const job = cache.recordOf(of);
  if (!job) throw new Error('it is no job');
  const status = cache.statusOf(job);
  const record = archivedJobOf(of, job, status, cache.annotationsOf(of), now);
  const found = new ArchivedJobs(configuration, new FakeArchive()).recordOf(record);
  return { record, status, found, again: found && cache.statusOf(found) };
}

describe('what the archive keeps of a job', () => {
  it.each<[string, V1Job]>([
    ['successful', kubeJob({ ...outcome('successful'), 'pygeoapi.io/rows': '3' })],
    ['failed', kubeJob(outcome('failed', failed))],
    ['dismissed', kubeJob(outcome('dismissed'))],
    ['of the predecessor, successful', kubeJob({ [ownAnnotation.collection]: '' }, ended('Complete'))],
    ['that nobody collected, failed', kubeJob({ [ownAnnotation.collection]: '' }, ended('Failed', 'DeadlineExceeded'))],
    [
      'with a subscriber',
      kubeJob({
        ...outcome('successful'),
        [ownAnnotation.subscriber]: JSON.stringify({
          base: 'http://b',
          uris: { success: 'https://s.example/?key=secret' },
        }),
        [ownAnnotation.deliveries]: JSON.stringify({
          success: { state: 'successful', status: 'delivered', attempts: 1, first: at(13).toISOString(), history: [] },
        }),
      }),
    ],
    [
      'that is disputed',
      kubeJob({
        ...outcome('successful'),
        [ownAnnotation.result]: JSON.stringify({ key: 'another', size: 1, digest: '', mediaType: 'text/plain' }),
      }),
    ],
  ])('has the same status as its Job: %s', (_, of) => {
    const { record, status, found, again } = archive(of);
    expect(again).toEqual(status);
    expect(found).toMatchObject({ fromArchive: true, owner: 'whose', uid: 'job-uid' });
    expect(record).toMatchObject({ status: status.status, message: status.message, owner: 'whose', created: at(0) });
  });

  it('is its Job without the pod, signatures, secrets of addresses, and what only the cluster needs', () => {
    const subscriber = JSON.stringify({ base: 'http://b', uris: { success: 'https://u:p@s.example/path?key=secret' } });
    const { record } = archive(
      kubeJob({
        ...outcome('successful'),
        [nameOfSignature(ownAnnotation.outcome)]: 'signature',
        [ownAnnotation.archived]: 'before',
        [ownAnnotation.released]: at(1).toISOString(),
        [ownAnnotation.subscriber]: subscriber,
        'kubectl.kubernetes.io/last-applied-configuration': 'secret',
      }),
    );
    expect(record.object).toEqual({
      metadata: {
        name: JOB,
        uid: 'job-uid',
        creationTimestamp: text(0),
        annotations: {
          [annotation.processId]: 'hello',
          [ownAnnotation.collection]: 'done',
          ...outcome('successful'),
          [ownAnnotation.subscriber]: JSON.stringify({ base: 'http://b', uris: { success: 'https://s.example/' } }),
        },
      },
      spec: { backoffLimit: 0, template: { metadata: { labels: { [label.owner]: 'whose' } } } },
      status: {},
      standing: {},
    });
    expect(record.usage).toEqual({ seconds: 10, cpuSeconds: 10, memoryByteSeconds: 0 });
  });

  it('says what it used, where that was measured', () => {
    const used = { cpuSeconds: 2.5, memoryByteSeconds: 1e9, memoryPeakBytes: 2e8, samples: 3 };
    const { record } = archive(kubeJob({ ...outcome('successful'), [ownAnnotation.used]: JSON.stringify(used) }));
    expect(record.usage).toMatchObject({ seconds: 10, usedCpuSeconds: 2.5, usedMemoryByteSeconds: 1e9 });
    expect(record.object.metadata.annotations[ownAnnotation.used]).toBe(JSON.stringify(used));
  });

  it('is the same state whatever of it the archive itself has written, and whichever way it was kept', () => {
    const { record } = archive(kubeJob(outcome('successful')));
    const noted = archive(kubeJob({ ...outcome('successful'), [ownAnnotation.archived]: record.state }));
    expect(noted.record.state).toBe(record.state);
    const { status, spec, metadata, standing } = JSON.parse(JSON.stringify(record.object)) as typeof record.object;
    expect(stateOf({ standing, metadata, spec, status })).toBe(record.state);
    expect(archive(kubeJob(outcome('dismissed'))).record.state).not.toBe(record.state);
  });

  it('has results that stand on the Job until their time is over', () => {
    const of = kubeJob({ ...outcome('successful'), [ownAnnotation.resultsTtl]: '180', [annotation.resultValue]: '42' });
    const [before, after] = [archive(of, at(191)), archive(of, at(192))];
    expect(before.record.resultsExpire).toEqual(at(192));
    expect(before.record.object.metadata.annotations[annotation.resultValue]).toBe('42');
    expect(after.record).not.toHaveProperty('resultsExpire');
    expect(after.record.object.metadata.annotations[annotation.resultValue]).toBe('');
    expect(after.found).toMatchObject({ resultsExpired: true, inlineResult: { mediaType: 'application/json' } });
  });
});
