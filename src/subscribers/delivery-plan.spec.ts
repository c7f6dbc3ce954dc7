import { describe, expect, it } from '@jest/globals';
import { aJob, at } from '../jobs/testing/records.js';
import type { Deliveries } from '../jobs/model/subscription.js';
import {
  type Answer,
  dueDelivery,
  HISTORY_LENGTH,
  isSettled,
  LONGEST_RETRY,
  PATIENCE,
  withAttempt,
} from './delivery-plan.js';

const uris = { inProgress: 'https://p.example/', success: 'https://s.example/', failed: 'https://f.example/' };
const subscribed = (deliveries: Deliveries = {}, only: Partial<typeof uris> = uris) =>
  aJob({ subscription: { base: 'http://api', uris: only }, deliveries });
const ok: Answer = { text: '204', verdict: 'delivered' };
const away: Answer = { text: 'connection-refused', verdict: 'retry' };
const running = (progress?: number) => ({ status: 'running' as const, progress });
const successful = { status: 'successful' as const, progress: 100 };
const failed = { status: 'failed' as const };

describe('what has to be told', () => {
  it.each([
    [{ status: 'accepted' as const }, undefined],
    [{ status: 'dismissed' as const }, undefined],
    [running(), { event: 'inProgress', uri: uris.inProgress, state: 'running', messageId: 'msg_job-uid_running' }],
    [running(40), { event: 'inProgress', state: 'running-40', messageId: 'msg_job-uid_running-40' }],
    [successful, { event: 'success', uri: uris.success, state: 'successful', messageId: 'msg_job-uid_successful' }],
    [failed, { event: 'failed', uri: uris.failed, state: 'failed', messageId: 'msg_job-uid_failed' }],
  ])('of a job that is %j is %j', (status, expected) => {
    const due = dueDelivery(subscribed(), status, at(0));
    if (expected === undefined) expect(due).toBeUndefined();
    else {
      expect(due).toMatchObject(expected);
      expect(due?.wait).toBeLessThanOrEqual(0);
    }
  });

  it('is nothing where nobody asked for it, or where it was told', () => {
    expect(dueDelivery(subscribed({}, { success: uris.success }), failed, at(0))).toBeUndefined();
    const told = withAttempt({}, { event: 'success', state: 'successful' }, ok, at(0));
    expect(dueDelivery(subscribed(told), successful, at(1))).toBeUndefined();
    const refused = withAttempt(
      {},
      { event: 'success', state: 'successful' },
      { text: '410', verdict: 'give-up' },
      at(0),
    );
    expect(dueDelivery(subscribed(refused), successful, at(1))).toBeUndefined();
  });

  it('waits longer after each failure, as long as the subscriber asks, and an hour at the most', () => {
    let deliveries: Deliveries = {};
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 14; attempt += 1) {
      deliveries = withAttempt(deliveries, { event: 'failed', state: 'failed' }, away, at(0));
      waits.push(dueDelivery(subscribed(deliveries), failed, at(0))?.wait ?? NaN);
    }
    expect(waits.slice(0, 4)).toEqual([2_000, 4_000, 8_000, 16_000]);
    expect(waits.at(-1)).toBe(LONGEST_RETRY);
    const asked = withAttempt({}, { event: 'failed', state: 'failed' }, { ...away, retryAfter: 90_000 }, at(0));
    expect(dueDelivery(subscribed(asked), failed, at(0))?.wait).toBe(90_000);
    const tooMuch = withAttempt({}, { event: 'failed', state: 'failed' }, { ...away, retryAfter: 1e9 }, at(0));
    expect(dueDelivery(subscribed(tooMuch), failed, at(0))?.wait).toBe(LONGEST_RETRY);
  });

  it('is given up after a day', () => {
    const first = withAttempt({}, { event: 'success', state: 'successful' }, away, at(0));
    const last = withAttempt(first, { event: 'success', state: 'successful' }, away, new Date(+at(0) + PATIENCE));
    expect(last.success).toMatchObject({ status: 'given-up', attempts: 2 });
    expect(last.success).not.toHaveProperty('next');
    expect(dueDelivery(subscribed(last), successful, at(0))).toBeUndefined();
  });

  it('is progress at most every five seconds, and only the newest', () => {
    const told = withAttempt({}, { event: 'inProgress', state: 'running' }, ok, at(0));
    expect(dueDelivery(subscribed(told), running(10), at(1))).toMatchObject({ state: 'running-10', wait: 4_000 });
    const away10 = withAttempt(told, { event: 'inProgress', state: 'running-10' }, away, at(5));
    expect(dueDelivery(subscribed(away10), running(20), at(11))).toMatchObject({ state: 'running-20', wait: -1_000 });
    expect(withAttempt(away10, { event: 'inProgress', state: 'running-20' }, ok, at(11)).inProgress).toMatchObject({
      attempts: 1,
      first: at(11).toISOString(),
      history: [{ answer: '204' }, { answer: 'connection-refused' }, { answer: '204' }],
    });
  });

  it('is no progress any more once the subscriber wanted none, and later where it asked to wait', () => {
    const event = { event: 'inProgress', state: 'running-10' } as const;
    const gone = withAttempt({}, event, { text: '410', verdict: 'give-up' }, at(0));
    expect(dueDelivery(subscribed(gone), running(20), at(100))).toBeUndefined();
    const busy = withAttempt({}, event, { text: '503', verdict: 'retry', retryAfter: 600_000 }, at(0));
    expect(dueDelivery(subscribed(busy), running(20), at(100))).toMatchObject({ state: 'running-20', wait: 500_000 });
    const late = withAttempt(busy, event, away, new Date(+at(0) + PATIENCE));
    expect(late.inProgress?.status).toBe('given-up');
    expect(dueDelivery(subscribed(late), running(20), at(0))?.state).toBe('running-20');
  });

  it('leaves a bounded history', () => {
    let deliveries: Deliveries = {};
    for (let attempt = 0; attempt < 50; attempt += 1)
      deliveries = withAttempt(deliveries, { event: 'success', state: 'successful' }, away, at(attempt));
    expect(deliveries.success).toMatchObject({ attempts: 50, first: at(0).toISOString() });
    expect(deliveries.success?.history).toHaveLength(HISTORY_LENGTH);
    expect(deliveries.success?.history.at(-1)?.at).toBe(at(49).toISOString());
    expect(JSON.stringify(deliveries).length).toBeLessThan(1500);
  });
});

describe('a job', () => {
  it('is settled once it has ended and its end was told, or need not be', () => {
    const pending = withAttempt({}, { event: 'success', state: 'successful' }, away, at(0));
    const told = withAttempt(pending, { event: 'success', state: 'successful' }, ok, at(2));
    expect(isSettled(subscribed(), running())).toBe(false);
    expect(isSettled(subscribed(), successful)).toBe(false);
    expect(isSettled(subscribed(pending), successful)).toBe(false);
    expect(isSettled(subscribed(told), successful)).toBe(true);
    expect(isSettled(subscribed({}, { success: uris.success }), failed)).toBe(true);
  });
});
