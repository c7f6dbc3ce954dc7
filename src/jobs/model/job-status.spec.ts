import { describe, expect, it } from '@jest/globals';
import type { JobRecord } from './job-record.js';
import { jobStatus, type JobStatus } from './job-status.js';
import type { PodRecord } from './pod-record.js';
import { aContainer, aFailedPod, aJob, anEndedContainer, aPod, aSucceededPod, at } from '../testing/records.js';

interface Case {
  readonly name: string;
  readonly job?: Partial<JobRecord>;
  readonly pods?: readonly PodRecord[];
  readonly event?: string;
  readonly expected: Partial<JobStatus>;
}

const running = aPod({
  phase: 'Running',
  containers: [aContainer({ state: 'running', hasRun: true, startedAt: at(2) })],
});

const cases: readonly Case[] = [
  {
    name: 'a new Job is accepted',
    expected: { status: 'accepted', message: 'The job has been accepted.', created: at(0), updated: at(0) },
  },
  {
    name: 'its newest event is the message',
    event: 'Created pod: x',
    expected: { status: 'accepted', message: 'Created pod: x' },
  },
  {
    name: 'what keeps a pod from starting is the message before any event',
    pods: [
      aPod({ containers: [aContainer({ reason: 'ImagePullBackOff', message: 'not found', image: 'nowhere/x' })] }),
    ],
    event: 'Created pod: x',
    expected: {
      status: 'accepted',
      message: 'Image "nowhere/x" of container "main" cannot be pulled: ImagePullBackOff: not found',
    },
  },
  {
    name: 'an unschedulable pod says why',
    pods: [aPod({ scheduled: false, unschedulable: '0/1 nodes are available' })],
    expected: { status: 'accepted', message: 'No node can take the pod: 0/1 nodes are available' },
  },
  {
    name: 'it runs with its first container',
    pods: [running],
    expected: { status: 'running', started: at(2), updated: at(2) },
  },
  {
    name: 'progress and message of the job itself show while it runs',
    job: { messages: { progress: '41.7', message: 'cell 3', stage: 'plot' } },
    pods: [running],
    expected: { status: 'running', progress: 42, message: 'cell 3', messages: { stage: 'plot' } },
  },
  {
    name: 'progress that is no number is none',
    job: { messages: { progress: 'much' } },
    pods: [running],
    expected: { progress: undefined },
  },
  {
    name: 'progress stays between 0 and 100',
    job: { messages: { progress: '250' } },
    pods: [running],
    expected: { progress: 100 },
  },
  {
    name: 'an ended pod whose result is not recorded yet still runs',
    pods: [aSucceededPod()],
    expected: { status: 'running', message: 'Logs and results are being collected.', started: at(2) },
  },
  {
    name: 'even when the Job controller calls the Job complete',
    job: { condition: { type: 'Complete', at: at(7) } },
    pods: [aSucceededPod()],
    expected: { status: 'running' },
  },
  {
    name: 'a recorded success is a success with all progress, without any pod',
    job: { outcome: { status: 'successful', started: at(2).toISOString(), finished: at(5).toISOString() } },
    expected: {
      status: 'successful',
      progress: 100,
      started: at(2),
      finished: at(5),
      updated: at(5),
      cause: undefined,
    },
  },
  {
    name: 'a recorded failure carries its cause',
    job: {
      outcome: {
        status: 'failed',
        finished: at(5).toISOString(),
        cause: { type: 'out-of-memory', message: 'too big' },
        logTail: 'x',
      },
    },
    expected: {
      status: 'failed',
      message: 'too big',
      cause: { type: 'out-of-memory', message: 'too big' },
      logTail: 'x',
    },
  },
  {
    name: 'a recorded dismissal stands, though its pod still ends',
    job: { outcome: { status: 'dismissed', started: at(2).toISOString(), finished: at(4).toISOString() } },
    pods: [running],
    expected: { status: 'dismissed', message: 'The job was dismissed.', started: at(2), finished: at(4) },
  },
  {
    name: 'a Job that is to be removed is dismissed, whatever else',
    job: { removed: at(9).toISOString(), condition: { type: 'Failed' } },
    pods: [running],
    expected: { status: 'dismissed', finished: at(9), started: at(2) },
  },
  {
    name: 'so is one that is being deleted',
    job: { deleting: true },
    pods: [running],
    expected: { status: 'dismissed' },
  },
  {
    name: 'a Job that nobody collects is successful when complete',
    job: { collection: undefined, condition: { type: 'Complete', at: at(7) }, completionTime: at(6), startTime: at(1) },
    expected: { status: 'successful', started: at(1), finished: at(6) },
  },
  {
    name: 'and failed with what its pod says',
    job: { collection: undefined, condition: { type: 'Failed', reason: 'BackoffLimitExceeded', at: at(7) } },
    pods: [aFailedPod(3)],
    expected: {
      status: 'failed',
      message: 'Container "main" ended with exit code 3.',
      finished: at(5),
      cause: {
        type: 'non-zero-exit',
        message: 'Container "main" ended with exit code 3.',
        container: 'main',
        exitCode: 3,
      },
    },
  },
  {
    name: 'or with what the Job controller says, where no pod is left',
    job: {
      collection: undefined,
      condition: {
        type: 'Failed',
        reason: 'DeadlineExceeded',
        message: 'Job was active longer than specified deadline',
        at: at(7),
      },
    },
    expected: {
      status: 'failed',
      finished: at(7),
      message: 'DeadlineExceeded: Job was active longer than specified deadline',
    },
  },
  {
    name: 'an init container that runs starts the job',
    pods: [
      aPod({
        containers: [
          aContainer({ name: 'init', init: true, state: 'running', hasRun: true, startedAt: at(1) }),
          aContainer(),
        ],
      }),
    ],
    expected: { status: 'running', started: at(1) },
  },
  {
    name: 'between init and main container it still runs',
    pods: [
      aPod({
        containers: [anEndedContainer(0, { name: 'init', init: true }), aContainer({ reason: 'PodInitializing' })],
      }),
    ],
    expected: { status: 'running', message: 'The job is running.' },
  },
];

describe('the status of a job', () => {
  it.each(cases)('$name', ({ job, pods, event, expected }) => {
    expect(jobStatus(aJob(job), pods ?? [], event)).toMatchObject(expected);
  });
});

describe('a job in a queue', () => {
  const queue = { name: 'batch', priority: 'low' };
  const inQueue = aJob({ suspended: true, queue });
  const waiting = { reason: 'Pending', message: 'insufficient quota', since: '2026-01-01T12:00:10Z' };
  const workload = (more: object = {}) => ({
    workload: { jobName: 'a', jobUid: 'u', waiting: { ...waiting, ...more } },
  });

  it('says why it waits, and since when', () => {
    expect(jobStatus(inQueue, [], 'Job suspended', workload())).toMatchObject({
      status: 'accepted',
      message: 'The job waits in queue "batch" of the cluster: insufficient quota.',
      queue: { ...queue, reason: 'Pending', waitingSince: waiting.since },
    });
  });

  it('says how it lost its place', () => {
    const attempts = [
      { pod: 'p', uid: 'u', finished: at(5).toISOString(), logKey: 'k', cause: { type: 'suspended', message: '' } },
    ] as const;
    const evicted = { reason: 'Preempted', message: 'Preempted to accommodate a workload.' };
    expect(jobStatus({ ...inQueue, attempts }, [], undefined, workload({ evicted })).message).toBe(
      'The job waits in queue "batch" of the cluster again, where it lost its place while it ran ' +
        '(Preempted: Preempted to accommodate a workload), and will start anew: insufficient quota.',
    );
  });

  it('says that it was put aside', () => {
    expect(jobStatus(inQueue, [], undefined, workload({ reason: 'Deactivated' })).message).toContain('was put aside');
  });

  it('waits where nothing more is known', () => {
    expect(jobStatus(inQueue, [])).toMatchObject({ message: 'The job waits in queue "batch" of the cluster.', queue });
  });

  it('says in which it has waited once it runs', () => {
    const { queue: known } = jobStatus({ ...inQueue, suspended: false }, [running], undefined, workload());
    expect(known).toEqual(queue);
  });
});

describe("a job in the server's own line", () => {
  const admission = { state: 'waiting', caller: 'c' } as const;
  const inLine = aJob({ suspended: true, suspendedSince: at(3), admission });
  const standing = { reason: 'MaxRunning', message: 'The job waits for its turn: 2 jobs run.' } as const;

  it('says why it waits, and since when', () => {
    expect(jobStatus(inLine, [], 'Job suspended', { standing })).toMatchObject({
      status: 'accepted',
      message: standing.message,
      queue: { reason: 'MaxRunning', waitingSince: at(3).toISOString() },
    });
    const urgent = { ...inLine, admission: { ...admission, priority: 'urgent' } };
    expect(jobStatus(urgent, [], undefined, { standing }).queue).toMatchObject({ priority: 'urgent' });
  });

  it('waits where nothing more is known', () => {
    const status = jobStatus(inLine, []);
    expect(status.message).toBe('The job waits for its turn.');
    expect(status).not.toHaveProperty('queue');
  });

  it('is one that somebody has suspended, once it was admitted', () => {
    const status = jobStatus({ ...inLine, admission: { state: 'admitted', caller: 'c' } }, []);
    expect(status.message).toContain('it is suspended');
  });
});
