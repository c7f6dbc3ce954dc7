import { describe, expect, it } from '@jest/globals';
import { deliveryInfos, parseDeliveries, parseSubscription } from './subscription.js';

const at = '2026-01-01T12:00:00.000Z';
const pending = {
  state: 'running',
  status: 'pending',
  attempts: 1,
  first: at,
  next: at,
  history: [{ at, answer: '500' }],
};

describe('what stands on a Job of its subscribers', () => {
  it.each([
    undefined,
    'no JSON',
    '[]',
    '{"base":"x"}',
    '{"base":"x","uris":{}}',
    '{"base":1,"uris":{"success":"https://example.org"}}',
    '{"base":"x","uris":{"success":"ftp://example.org","failed":7,"other":"https://example.org"}}',
  ])('counts as nothing where it is %j', (text) => expect(parseSubscription(text)).toBeUndefined());

  it('is taken as it was written', () => {
    const subscription = { base: 'https://api', uris: { success: 'https://example.org/' } };
    expect(parseSubscription(JSON.stringify(subscription))).toEqual(subscription);
    expect(parseDeliveries(JSON.stringify({ inProgress: pending, success: { state: 1 }, other: pending }))).toEqual({
      inProgress: pending,
    });
  });
});

describe('what everybody may see', () => {
  const uris = {
    inProgress: 'https://user:pass@p.example:8443/secret?key=x',
    success: 'https://s.example/secret',
    failed: 'https://f.example/secret',
  };
  const infos = (ended?: 'success' | 'failed') =>
    deliveryInfos({ base: '', uris }, parseDeliveries(JSON.stringify({ inProgress: pending })), ended);

  it('is of an address the host', () => {
    expect(infos()).toEqual([
      { event: 'inProgress', host: 'p.example:8443', ...pending, first: undefined },
      { event: 'success', host: 's.example', status: 'waiting', attempts: 0, history: [] },
      { event: 'failed', host: 'f.example', status: 'waiting', attempts: 0, history: [] },
    ]);
    expect(JSON.stringify(infos())).not.toMatch(/secret|pass|key/);
  });

  it('is, once the job has ended, not what will not happen any more', () => {
    expect(infos('success').map(({ event, status, next }) => [event, status, next])).toEqual([
      ['inProgress', 'given-up', undefined],
      ['success', 'waiting', undefined],
    ]);
  });
});
