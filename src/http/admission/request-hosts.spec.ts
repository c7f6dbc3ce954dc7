import { describe, expect, it } from '@jest/globals';
import type { ServerSection } from '../../config/configuration.js';
import { allowedHosts, hostToListenAt, isAllowedHost } from './request-hosts.js';

describe('a host', () => {
  it.each([
    ['localhost', ['loopback']],
    ['LOCALHOST.', ['loopback']],
    ['api.localhost', ['loopback']],
    ['127.1.2.3', ['loopback']],
    ['[::1]', ['loopback']],
    ['Api.Example.org', ['api.example.org']],
    ['a.example.org', ['*.example.org']],
    ['[fd00::1]', ['fd00::1']],
    ['localhost:8080', ['loopback']],
    ['[::1]:80', ['loopback']],
    ['any', ['*']],
  ])('%s is one of %j', (host, allowed) => expect(isAllowedHost(host, allowed)).toBe(true));

  it.each([
    ['127.0.0.1.example.org', ['loopback']],
    ['localhost.example.org', ['loopback']],
    ['128.0.0.1', ['loopback']],
    // What a link made of it would lead elsewhere by.
    ['localhost:80@example.org', ['loopback']],
    ['localhost/example.org', ['loopback']],
    ['[::1]example.org', ['loopback']],
    ['localhost#.example.org', ['loopback']],
    ['', ['loopback', 'api.example.org', '*.example.org']],
    ['example.org', ['*.example.org']],
    ['.example.org', ['*.example.org']],
    ['evilexample.org', ['*.example.org', 'example.org']],
  ])('%j is none of %j', (host, allowed) => expect(isAllowedHost(host, allowed)).toBe(false));

  it('is any where nothing is said, but never on the embedded cluster', () => {
    const server = { bind: { host: '0.0.0.0', port: 0 } } as ServerSection;
    expect(allowedHosts(server, false)).toBeUndefined();
    expect(allowedHosts(server, true)).toEqual(['loopback', '0.0.0.0']);
    const own = { ...server, hosts: ['a'], url: 'https://api.example.org:8443/x' };
    expect(allowedHosts(own, false)).toEqual(['a', '0.0.0.0', 'api.example.org']);
  });
});

describe('the server listens', () => {
  const given = { host: '0.0.0.0', port: 0 };
  it.each([
    ['to this machine where it runs its jobs on it', true, true, false, '127.0.0.1'],
    ['to all where that is a container', true, true, true, '0.0.0.0'],
    ['to all where the cluster is elsewhere', true, false, false, '0.0.0.0'],
    ['where it is told to', undefined, true, false, '0.0.0.0'],
  ] as const)('%s', (_, isDefault, embedded, insideContainer, host) => {
    expect(hostToListenAt({ ...given, ...(isDefault ? { isDefault } : {}) }, { embedded, insideContainer })).toBe(host);
  });
});
