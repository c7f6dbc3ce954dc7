import { describe, expect, it } from '@jest/globals';
import { parseAttempts, parseOutcome } from './annotations/job-annotations.js';
import {
  attemptDue,
  attemptNumbered,
  attemptOf,
  beginningOf,
  countedAttempts,
  isFlicker,
  isRepeated,
  numberOfNewest,
  startOfJob,
  withAttempt,
} from './job-attempts.js';
import type { JobAttempt } from './job-outcome.js';
import { aContainer, anEndedContainer, aFailedPod, aJob, aPod, aSucceededPod, at } from '../testing/records.js';

const disruption = { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };
const evicted = aFailedPod(143, { disruption });
const neverRan = aPod({ phase: 'Failed', reason: 'OutOfcpu', message: 'no room', containers: [aContainer()] });
const retried = aJob({ backoffLimit: 2, retriesInfrastructure: true });
const attempt = (uid: string, seconds = 5): JobAttempt => ({
  pod: `pod-${uid}`,
  uid,
  finished: at(seconds).toISOString(),
  cause: { type: 'evicted', message: 'x' },
  logKey: `${uid}.txt`,
});
const ended = (type: 'Complete' | 'Failed') => ({ condition: { type } });

describe('the end of a pod', () => {
  it.each([
    ['of an evicted one, with retries', retried, evicted, true],
    ['of one that its node did not take, with retries', retried, neverRan, true],
    ['of one whose program failed, with retries', retried, aFailedPod(1), false],
    ['of one whose program failed, with a backoff limit', aJob({ backoffLimit: 1 }), aFailedPod(1), true],
    ['of an evicted one, without retries', aJob(), evicted, false],
    ['of one that succeeded', retried, aSucceededPod(), false],
    ['of the last that may be', { ...retried, attempts: [attempt('a'), attempt('b')] }, evicted, false],
    ['of the last but one', { ...retried, attempts: [attempt('a')] }, evicted, true],
    ['that is noted already', { ...retried, attempts: [attempt('a'), attempt('pod-uid')] }, evicted, true],
    ['of a Job that has failed', { ...retried, ...ended('Failed') }, evicted, false],
    ['of a Job that was successful by another', { ...retried, ...ended('Complete') }, evicted, true],
  ])('%s', (_, job, pod, repeated) => {
    expect(isRepeated(job, pod, [pod])).toBe(repeated);
  });

  it('is not the job’s where a newer pod is there', () => {
    const newer = aPod({ uid: 'newer', created: at(60) });
    expect(isRepeated(retried, aFailedPod(1), [newer, aFailedPod(1)])).toBe(true);
    expect(isRepeated(retried, newer, [newer, aFailedPod(1)])).toBe(true);
  });
});

const log = { key: 'key.txt', size: 5, digest: 'sha256:x' };

describe('attempts', () => {
  it('are noted with their cause, times and log', () => {
    expect(attemptOf(evicted, log, at(9))).toEqual({
      pod: evicted.name,
      uid: 'pod-uid',
      started: at(2).toISOString(),
      finished: at(5).toISOString(),
      cause: { type: 'evicted', message: 'The pod was evicted from its node: Eviction API: evicting' },
      logKey: 'key.txt',
      logSize: 5,
      logDigest: 'sha256:x',
    });
    expect(attemptOf(neverRan, log, at(9))).toMatchObject({ finished: at(9).toISOString() });
    const preempted = { type: 'preempted' as const, message: 'x' };
    expect(attemptOf(evicted, log, at(9), preempted)).toMatchObject({ cause: preempted, uncounted: true });
  });

  it('are due when the Job controller has waited, longer each time, for ten minutes at the most', () => {
    const after = (count: number) =>
      attemptDue(aJob({ attempts: Array.from({ length: count }, (_, index) => attempt(`${index}`, 30)) }));
    expect([0, 1, 2, 3, 7, 50].map(after)).toEqual([at(0), at(40), at(50), at(70), at(630), at(630)]);
    expect(attemptDue(aJob({ attempts: [attempt('a', 30)] }), aPod({ created: at(45) }))).toEqual(at(45));
  });

  it('begin with the first that got so far as to run', () => {
    const ran = { ...attempt('b'), started: at(4).toISOString() };
    expect(startOfJob({ attempts: [attempt('a'), ran] }, aSucceededPod())).toBe(ran.started);
    expect(startOfJob({ attempts: [attempt('a')] }, aSucceededPod())).toBe(at(2).toISOString());
    expect(startOfJob({ attempts: [] }, undefined)).toBeUndefined();
  });

  it('follow where a queue may have ended the program, which its Job forgives', () => {
    const queued = { ...retried, forgivenExitCodes: [0, 137, 143] };
    expect(isRepeated(queued, aFailedPod(143), [])).toBe(true);
    expect(isRepeated(queued, aFailedPod(1), [])).toBe(false);
    expect(isRepeated(retried, aFailedPod(143), [])).toBe(false);
  });

  it('are each noted once, in the order of their ends', () => {
    const noted = withAttempt([attempt('b', 7), attempt('a', 3)], attempt('c', 5)).attempts;
    expect(noted.map(({ uid }) => uid)).toEqual(['a', 'c', 'b']);
    expect(withAttempt(noted, attempt('c', 9)).attempts.map(({ uid }) => uid)).toEqual(['a', 'b', 'c']);
  });

  it('are read back, but for what somebody else wrote', () => {
    const attempts = [attempt('a')];
    expect(parseAttempts(JSON.stringify({ attempts }))).toEqual(attempts);
    expect(parseAttempts(JSON.stringify({ attempts: [...attempts, { pod: 'x' }, 5] }))).toEqual(attempts);
    for (const text of [undefined, '', '[]', '{"attempts":5}', 'x']) expect(parseAttempts(text)).toEqual([]);
  });

  it('of which there is no room for all leave out some in the middle, whose logs stay', () => {
    const failed = Array.from({ length: 100 }, (_, index) => attempt(`f${index}`, 10 + index));
    const { attempts, dropped } = withAttempt(failed, attempt('last', 500));
    expect(attempts.map(({ uid }) => uid)).toEqual([...failed.slice(0, 99).map(({ uid }) => uid), 'last']);
    expect(dropped).toEqual([]);
  });

  it('that were suspended do not count, and only the last twenty are kept', () => {
    const suspended = (uid: string, seconds: number): JobAttempt => ({
      ...attempt(uid, seconds),
      cause: { type: 'suspended', message: 'x' },
    });
    const job = aJob({ backoffLimit: 1, attempts: [suspended('a', 3), attempt('b', 4), suspended('c', 5)] });
    expect(countedAttempts(job).map(({ uid }) => uid)).toEqual(['b']);
    expect(isRepeated({ ...job, attempts: [suspended('a', 3)] }, aFailedPod(1), [])).toBe(true);
    const many = Array.from({ length: 20 }, (_, index) => suspended(`s${index}`, 10 + index));
    const { attempts, dropped } = withAttempt([attempt('b', 4), ...many], suspended('last', 60));
    expect(dropped.map(({ uid }) => uid)).toEqual(['s0']);
    expect(attempts.map(({ uid }) => uid)).toEqual(['b', ...many.slice(1).map(({ uid }) => uid), 'last']);
  });

  it('that were preempted do not count where Kubernetes did not', () => {
    const cause = { type: 'preempted' as const, message: 'x' };
    const attempts: JobAttempt[] = [
      { ...attempt('a'), cause, uncounted: true },
      { ...attempt('b'), cause },
    ];
    expect(countedAttempts({ attempts }).map(({ uid }) => uid)).toEqual(['b']);
    expect(parseAttempts(JSON.stringify({ attempts }))).toEqual(attempts);
  });

  it('keep their numbers when others are noted no more', () => {
    const job = aJob({ attempts: [attempt('a'), attempt('b')], omittedAttempts: 3 });
    expect(numberOfNewest(job)).toBe(6);
    expect([4, 5].map((number) => attemptNumbered(job, number).uid)).toEqual(['a', 'b']);
    expect(() => attemptNumbered(job, 3)).toThrow(/was removed: only those after attempt 3 are kept/);
    expect(() => attemptNumbered(job, 7)).toThrow(/has no attempt 7: it has 6/);
  });

  it('leave their time of scheduling out of the outcome: it is that of the first, or of none', () => {
    const pod = aSucceededPod({ scheduledAt: at(1) });
    const began = { scheduled: at(1).toISOString(), started: at(2).toISOString() };
    expect(beginningOf(aJob(), pod)).toEqual(began);
    expect(beginningOf(aJob({ attempts: [attempt('a')] }), pod)).not.toHaveProperty('scheduled');
    expect(beginningOf(aJob(), undefined)).toEqual({});
    const outcome = { status: 'successful', ...began, finished: at(5).toISOString() };
    expect(parseOutcome(JSON.stringify(outcome))).toEqual(outcome);
    expect(parseOutcome(JSON.stringify({ ...outcome, scheduled: 'soon' }))).not.toHaveProperty('scheduled');
  });

  it('are none where a Job was suspended twice within a second', () => {
    const ran = (uid: string, from: number, to: number) =>
      aPod({ uid, containers: [anEndedContainer(0, { startedAt: at(from), finishedAt: at(to) })] });
    const noted: JobAttempt = { ...attempt('a', 5), uncounted: true };
    expect(isFlicker({ attempts: [noted] }, ran('b', 5, 5))).toBe(true);
    expect(isFlicker({ attempts: [noted] }, ran('a', 5, 5))).toBe(false);
    expect(isFlicker({ attempts: [noted] }, ran('b', 4, 5))).toBe(false);
    expect(isFlicker({ attempts: [noted] }, ran('b', 6, 6))).toBe(false);
    expect(isFlicker({ attempts: [attempt('a', 5)] }, ran('b', 5, 5))).toBe(false);
  });
});
