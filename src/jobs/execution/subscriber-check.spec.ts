import { describe, expect, it } from '@jest/globals';
import { InvalidRequestError } from '../../ogc/domain-errors.js';
import { AllowedHosts } from '../../outbound/allowed-hosts.js';
import { subscriptionOf } from './subscriber-check.js';

const hosts = new AllowedHosts(['public']);
const faultsOf = (body: { subscriber: Record<string, string> }, subscriber: Record<string, string>) => {
  try {
    subscriptionOf(subscriber, body, hosts, '');
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidRequestError);
    return (error as InvalidRequestError).faults;
  }
};

describe('the subscriber of an execute request', () => {
  it('is kept by event, with the address of the API', () => {
    const subscriber = { successUri: 'https://example.org/a', failedUri: 'https://example.org/b' };
    expect(subscriptionOf(subscriber, { subscriber }, hosts, 'https://api')).toEqual({
      base: 'https://api',
      uris: { success: 'https://example.org/a', failed: 'https://example.org/b' },
    });
    expect(subscriptionOf(undefined, {}, hosts, '')).toBeUndefined();
    expect(subscriptionOf({}, {}, hosts, '')).toBeUndefined();
  });

  it('has its faults named as they were spelled, without the rest of the address', () => {
    const faults = faultsOf(
      { subscriber: { successUrl: '', inProgressUri: '' } },
      { successUri: 'http://127.0.0.1/?key=secret', inProgressUri: `https://example.org/${'x'.repeat(2048)}` },
    );
    expect(faults.map(({ pointer }) => pointer).sort()).toEqual([
      '/subscriber/inProgressUri',
      '/subscriber/successUrl',
    ]);
    expect(JSON.stringify(faults)).not.toContain('secret');
  });

  it('is measured in bytes, and so is the address of the API that the request says', () => {
    const subscriber = { successUri: `https://example.org/${'ä'.repeat(1020)}` };
    expect(faultsOf({ subscriber }, subscriber)).toEqual([
      { pointer: '/subscriber/successUri', message: 'must have at most 2048 bytes' },
    ]);
    const short = { successUri: 'https://example.org/' };
    const subscribe = (base: string) => () => subscriptionOf(short, { subscriber: short }, hosts, base);
    expect(subscribe(`https://api/${'x'.repeat(2000)}`)).not.toThrow();
    expect(subscribe(`https://api/${'x'.repeat(2048)}`)).toThrow(InvalidRequestError);
    expect(() => subscriptionOf(undefined, {}, hosts, 'x'.repeat(5000))).not.toThrow();
  });
});
