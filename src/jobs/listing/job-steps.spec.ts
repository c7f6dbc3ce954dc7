import { describe, expect, it } from '@jest/globals';
import { jobStatus } from '../model/job-status.js';
import type { JobRecord } from '../model/job-record.js';
import type { PodRecord } from '../model/pod-record.js';
import { aContainer, aFailedPod, aJob, aPod, aSucceededPod, at } from '../testing/records.js';
import { jobSteps } from './job-steps.js';

/** `name`, or `name SECOND` where it is known; `…` is to come, `>` is what happens now. */
function lineOf(job: Partial<JobRecord>, ...pods: PodRecord[]): string[] {
  const record = aJob(job);
  const marks = { done: '', current: '> ', coming: '… ' };
  return jobSteps(record, pods, jobStatus(record, pods)).map(({ name, state, at: time, attempt }) =>
    [marks[state] + name, attempt, time && new Date(time).getUTCSeconds()]
      .filter((part) => part !== undefined)
      .join(' '),
  );
}

const REST = ['… running', '… collecting', '… finished'];
const running = aContainer({ state: 'running', hasRun: true, startedAt: at(3) });

describe('the time line of a job', () => {
  it.each<[string, Partial<JobRecord>, PodRecord[], string[]]>([
    ['that has no pod yet', {}, [], ['accepted 0', '> scheduling', '… pulling', ...REST]],
    [
      'that waits for its turn',
      { suspended: true, suspendedSince: at(1) },
      [],
      ['accepted 0', '> waiting 1', '… scheduling', '… pulling', ...REST],
    ],
    [
      'whose turn has come, and whose pod waits for a node',
      { resumed: at(1) },
      [aPod({ scheduled: false })],
      ['accepted 0', 'waiting', '> scheduling 1', '… pulling', ...REST],
    ],
    ['whose image is pulled', {}, [aPod()], ['accepted 0', 'scheduling 1', '> pulling', ...REST]],
    [
      'whose pod says when it got its node',
      {},
      [aPod({ scheduledAt: at(2) })],
      ['accepted 0', 'scheduling 1', '> pulling 2', ...REST],
    ],
    [
      'that runs',
      {},
      [aPod({ containers: [running] })],
      ['accepted 0', 'scheduling 1', 'pulling', '> running 3', '… collecting', '… finished'],
    ],
    [
      'that is collected',
      {},
      [aSucceededPod()],
      ['accepted 0', 'scheduling 1', 'pulling', 'running 2', '> collecting 5', '… finished'],
    ],
    [
      'that nobody collects',
      { collection: undefined },
      [aPod({ containers: [running] })],
      ['accepted 0', 'scheduling 1', 'pulling', '> running 3', '… finished'],
    ],
    [
      'whose next attempt has no pod yet',
      { backoffLimit: 1 },
      [aFailedPod(1)],
      ['accepted 0', '> scheduling', '… pulling', ...REST],
    ],
    [
      'that is tried again',
      {
        backoffLimit: 1,
        omittedAttempts: 2,
        attempts: [
          {
            pod: 'p',
            uid: 'first',
            finished: at(9).toISOString(),
            cause: { type: 'evicted', message: '' },
            logKey: 'k',
          },
        ],
      },
      [aPod({ uid: 'second', created: at(10) }), aFailedPod(1, { uid: 'first' })],
      ['accepted 0', 'attempt 3 9', 'scheduling 10', '> pulling', ...REST],
    ],
    [
      'that has ended',
      { outcome: { status: 'successful', started: at(2).toISOString(), finished: at(5).toISOString() } },
      [],
      ['accepted 0', 'running 2', 'finished 5'],
    ],
    [
      'that has ended, and whose outcome says when its pod got its node',
      {
        outcome: {
          status: 'failed',
          scheduled: at(1).toISOString(),
          started: at(2).toISOString(),
          finished: at(5).toISOString(),
        },
      },
      [],
      ['accepted 0', 'pulling 1', 'running 2', 'finished 5'],
    ],
    [
      'that was dismissed before it ran',
      { outcome: { status: 'dismissed', finished: at(4).toISOString() } },
      [],
      ['accepted 0', 'finished 4'],
    ],
  ])('%s', (_, job, pods, line) => {
    expect(lineOf(job, ...pods)).toEqual(line);
  });
});
