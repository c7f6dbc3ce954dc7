import { describe, expect, it } from '@jest/globals';
import { at, JOB_ID } from '../testing/records.js';
import { type EventRecord, JobEvents, toEventRecord } from './job-events.js';

const JOB = `pygeoapi-job-${JOB_ID}`;
const anEvent = (message: string, seconds: number, reason = 'Stopped'): EventRecord => {
  const event = { metadata: {}, involvedObject: { name: JOB }, reason, message, lastTimestamp: at(seconds) };
  return toEventRecord('pygeoapi-job-', event) as EventRecord;
};
const tell = (events: JobEvents, record: EventRecord) =>
  events.change({ name: record.message, record, previous: undefined });

describe('the Events of a Job', () => {
  it('tell by their newest what happens', () => {
    const events = new JobEvents();
    tell(events, anEvent('Created pod', 3, 'SuccessfulCreate'));
    tell(events, anEvent('Created Workload', 1, 'CreatedWorkload'));
    expect(events.newestOf(JOB)).toBe('Created pod');
  });

  it('tell of each run why it lost its place, and nothing of one that kept it', () => {
    const events = new JobEvents();
    tell(events, anEvent('Preempted by the second', 20));
    tell(events, anEvent('Preempted by the first', 10));
    tell(events, anEvent('Created pod', 15, 'SuccessfulCreate'));
    expect(events.stopWithin(JOB, at(4), at(10))).toBe('Preempted by the first');
    expect(events.stopWithin(JOB, at(15), at(21))).toBe('Preempted by the second');
    expect(events.stopWithin(JOB, at(11), at(17))).toBeUndefined();
  });

  it('are forgotten with their Job, and when Kubernetes removes them', () => {
    const events = new JobEvents();
    const stop = anEvent('Preempted', 10);
    for (const forget of [
      () => events.forget(JOB),
      () => events.change({ name: stop.message, record: undefined, previous: stop }),
    ]) {
      tell(events, stop);
      forget();
      expect([events.newestOf(JOB), events.stopWithin(JOB, at(1), at(20))]).toEqual([undefined, undefined]);
    }
  });
});
