import { describe, expect, it } from '@jest/globals';
import { causeOfFailedPod, causeOfMissedQueue, causeOfMissedStart, causeOfSuspension } from './job-cause.js';
import type { JobCause } from './job-outcome.js';
import type { PodRecord } from './pod-record.js';
import type { WorkloadRecord } from '../../queues/workload-record.js';
import { aContainer, aFailedPod, anEndedContainer, aPod, at } from '../testing/records.js';

const cases: readonly [string, PodRecord, JobCause][] = [
  [
    'an exit code',
    aFailedPod(1),
    { type: 'non-zero-exit', message: 'Container "main" ended with exit code 1.', container: 'main', exitCode: 1 },
  ],
  [
    'an init container that failed',
    aPod({
      phase: 'Failed',
      containers: [anEndedContainer(2, { name: 'fetch', init: true }), aContainer({ reason: 'PodInitializing' })],
    }),
    {
      type: 'non-zero-exit',
      message: 'Init container "fetch" ended with exit code 2.',
      container: 'fetch',
      exitCode: 2,
    },
  ],
  [
    'memory, before the exit code that it causes',
    aFailedPod(137, { containers: [anEndedContainer(137, { reason: 'OOMKilled' })] }),
    {
      type: 'out-of-memory',
      message:
        'Container "main" used more memory than its limit allows and was killed. Raise resources.limits.memory of the process, or give it less input.',
      container: 'main',
      exitCode: 137,
    },
  ],
  [
    'the deadline of the pod',
    aFailedPod(137, {
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    }),
    {
      type: 'deadline-exceeded',
      message:
        'The job ran longer than its deadline allows: Pod was active on the node longer than the specified deadline',
    },
  ],
  [
    'eviction',
    aFailedPod(137, { reason: 'Evicted', message: 'The node was low on resource: memory.' }),
    { type: 'evicted', message: 'The pod was evicted from its node: The node was low on resource: memory.' },
  ],
  [
    'what befell the pod as a whole',
    aFailedPod(137, { reason: 'Terminated', message: 'Pod was terminated in response to imminent node shutdown.' }),
    {
      type: 'failed',
      message: 'The pod failed (Terminated): Pod was terminated in response to imminent node shutdown.',
    },
  ],
  [
    'a deleted pod',
    aFailedPod(143, { deleting: true }),
    {
      type: 'pod-deleted',
      message: 'The pod was deleted while the job was running.',
      container: 'main',
      exitCode: 143,
    },
  ],
  [
    'a command that is not there',
    aFailedPod(128, {
      containers: [anEndedContainer(128, { reason: 'StartError', message: 'exec: "nope": not found' })],
    }),
    {
      type: 'container-not-created',
      message: 'Container "main" (image busybox) could not be started: exec: "nope": not found',
      container: 'main',
      exitCode: 128,
    },
  ],
];

describe('the cause of a failure', () => {
  it.each(cases)('is %s', (_name, pod, expected) => {
    expect(causeOfFailedPod(pod)).toEqual(expected);
  });

  it('of a start that did not come in time says what stands in its way', () => {
    const pod = aPod({
      containers: [aContainer({ image: 'nowhere/x', reason: 'ErrImagePull', message: 'not found' })],
    });
    expect(causeOfMissedStart(pod, 600, undefined)).toEqual({
      type: 'image-pull-failed',
      message:
        'Image "nowhere/x" of container "main" cannot be pulled: ErrImagePull: not found. It did not start within 600 seconds.',
      container: 'main',
    });
  });

  it('of a Job without a pod is its newest event', () => {
    expect(causeOfMissedStart(undefined, 60, 'Error creating: pods is forbidden: exceeded quota')).toEqual({
      type: 'not-started',
      message:
        'It did not start within 60 seconds, for no pod was made. The newest event: Error creating: pods is forbidden: exceeded quota',
    });
  });
});

describe('the cause of a job that was not let run in time', () => {
  it.each([
    ['queue-not-found', 'Inadmissible', "LocalQueue nowhere doesn't exist"],
    ['queue-not-found', 'Inadmissible', "ClusterQueue all doesn't exist"],
    ['not-admitted', 'Inadmissible', 'LocalQueue batch is inactive'],
    ['not-admitted', 'Pending', "couldn't assign flavors to pod set main: insufficient unused quota"],
    ['deactivated', 'Deactivated', 'The workload is deactivated'],
  ])('is %s where Kueue says %s: %s', (type, reason, message) => {
    const workload = { waiting: { reason, message } } as WorkloadRecord;
    expect(causeOfMissedQueue({ queue: { name: 'batch' } }, 30, workload)).toEqual({
      type,
      message: expect.stringMatching(new RegExp(`in queue "batch" for more than 30 seconds: ${message}\\.$`)),
    });
  });
});

describe('the cause of a run that does not count', () => {
  const eviction = { reason: 'Preempted', message: 'Preempted by x.', at: at(10).toISOString(), admittedAgain: false };
  const told = (more: object = {}) => ({ jobName: 'a', jobUid: 'u', eviction: { ...eviction, ...more } });
  const first = aPod({ uid: 'first', created: at(2), deleting: true });
  const words = 'The job lost its place in its queue while it ran (Preempted: Preempted by x). ';

  it('has the words of the queue that took its place', () => {
    const cause = causeOfSuspension(first, [first], told());
    expect(cause).toEqual({ type: 'preempted', message: expect.stringContaining(words) });
    expect(causeOfSuspension(first, [first], told({ admittedAgain: true }))).toEqual(cause);
    const late = aPod({ created: at(11), deleting: true });
    expect(causeOfSuspension(late, [late], told())).toEqual(cause);
    const next = aPod({ uid: 'next', created: at(10) });
    expect(causeOfSuspension(first, [next, first], told({ admittedAgain: true }))).toEqual(cause);
    expect(causeOfSuspension(first, [first], told({ reason: 'DeactivatedDueToEviction' }))).toMatchObject({
      type: 'deactivated',
    });
    expect(causeOfSuspension(first, [first], told({ reason: 'PodsReadyTimeout' }))).toMatchObject({
      type: 'suspended',
      message: expect.stringContaining('(PodsReadyTimeout: '),
    });
  });

  it('has those of an Event where the queue has taken the place again since', () => {
    const next = aPod({ uid: 'next', created: at(5), deleting: true });
    const cause = (stop: string) => causeOfSuspension(first, [next, first], told(), stop);
    expect(cause('Preempted to accommodate another.')).toEqual({
      type: 'preempted',
      message: expect.stringContaining('(Preempted: Preempted to accommodate another)'),
    });
    expect(cause('The workload is deactivated')).toMatchObject({ type: 'deactivated' });
    expect(cause('The LocalQueue is stopped')).toMatchObject({
      type: 'suspended',
      message: expect.stringContaining('stopped'),
    });
  });

  it.each([
    ['nothing is known', first, [first], undefined],
    ['they are of a later run', first, [aPod({ uid: 'next', created: at(5), deleting: true }), first], told()],
    ['they are of an earlier run', aPod({ created: at(11), deleting: true }), [first], told({ admittedAgain: true })],
  ])('has none where %s', (_, pod, pods, workload) => {
    expect(causeOfSuspension(pod, pods, workload)).toEqual({
      type: 'suspended',
      message: 'The Job was suspended while it ran. This run does not count; another follows when the Job is resumed.',
    });
  });
});
