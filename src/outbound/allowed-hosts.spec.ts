import { describe, expect, it } from '@jest/globals';
import { AllowedHosts } from './allowed-hosts.js';

describe('the public addresses', () => {
  const allowed = new AllowedHosts(['public']);

  it.each([
    '127.0.0.1',
    '127.8.9.10',
    '0.0.0.0',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::127.0.0.1',
    'fe80::1',
    'fe80::1%eth0',
    'fd00::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2002:7f00:1::',
    'not an address',
  ])('do not hold %s', (address) => expect(allowed.permits('example.org', address)).toBe(false));

  it.each(['8.8.8.8', '::ffff:8.8.8.8', '64:ff9b::808:808', '2606:4700::1111'])('hold %s', (address) =>
    expect(allowed.permits('example.org', address)).toBe(true),
  );
});

describe('allowed hosts', () => {
  it('that are named may be at any address, others not', () => {
    const allowed = new AllowedHosts(['Intern.example.org.', '*.lab.example.org', 'bücher.example']);
    const at = (host: string) => allowed.permits(host, '10.0.0.1');
    expect(['intern.example.org', 'INTERN.example.org.', 'a.lab.example.org', 'a.b.lab.example.org'].map(at)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(at(new URL('https://bücher.example/').hostname)).toBe(true);
    expect(['lab.example.org', 'evil-lab.example.org', 'x.intern.example.org', 'example.org'].map(at)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(allowed.permits('example.org', '8.8.8.8')).toBe(false);
  });

  it('that are networks hold whoever is at their addresses', () => {
    const allowed = new AllowedHosts(['10.0.0.0/8', '127.0.0.1', '[::1]', 'fd00::/8']);
    const at = (address: string) => allowed.permits('any.example.org', address);
    expect(['10.255.0.1', '127.0.0.1', '::ffff:127.0.0.1', '::1', 'fd12::1'].map(at)).not.toContain(false);
    expect(['11.0.0.1', '127.0.0.2', '::2', '8.8.8.8'].map(at)).not.toContain(true);
  });

  it('may be all', () => expect(new AllowedHosts(['*']).permits('localhost', '127.0.0.1')).toBe(true));

  it('may be none', () => expect(new AllowedHosts([]).permits('example.org', '8.8.8.8')).toBe(false));
});

describe('a URL', () => {
  const refusal = (url: string, ...entries: string[]) => new AllowedHosts(entries).refusal(new URL(url));

  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://[::1]:80/',
    'http://[::ffff:a00:1]/',
    'http://169.254.169.254/latest',
    'http://localhost:8080/',
    'http://a.localhost./',
  ])('%s is refused at once', (url) => expect(refusal(url, 'public')).toMatch(/^is at an address/));

  it('whose name may lead anywhere is not judged before it is looked up', () => {
    expect(refusal('http://example.org/', 'public')).toBeUndefined();
    expect(refusal('http://example.org/', '10.0.0.0/8')).toBeUndefined();
  });

  it('whose name cannot be allowed is refused at once', () => {
    expect(refusal('http://example.org/', 'example.com')).toMatch(/^names a host/);
    expect(refusal('http://example.com/', 'example.com')).toBeUndefined();
  });

  it('of this machine is taken where that is allowed', () => {
    expect(refusal('http://localhost/', '127.0.0.0/8')).toBeUndefined();
    expect(refusal('http://localhost/', 'localhost')).toBeUndefined();
    expect(refusal('http://127.0.0.1/', '*')).toBeUndefined();
  });
});
