import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { documented, PAGE } from '../proxies/documented.js';
import { proxyKinds } from '../proxies/proxies.js';

interface Shipped {
  readonly server: {
    readonly keep_alive_timeout: number;
    readonly manager: { readonly sync_max_wait: number; readonly follow_max_silence: number };
  };
}

const read = (file: string) => readFileSync(file, 'utf8');
const shipped = [
  parse(read('config/pygeoapi-config.yaml'), { version: '1.1', merge: true }) as Shipped,
  parse(read('k8s-manifests/base/local.config.yml')) as Shipped,
  (parse(read('k8s-manifests/chart/values.yaml')) as { config: Shipped }).config,
];
const DEFAULT_BODY = 10 * 1024 ** 2;

describe(PAGE, () => {
  it.each(proxyKinds.map(({ name, section }) => [name, section] as const))(
    'has %s wait longer than the shipped configurations, and keep connections shorter',
    (_, section) => {
      const { whole } = documented(...section);
      const idle = /(?:keepalive_timeout|keepalive|pool-purge-delay) (\d+)s|ttl=(\d+)/.exec(whole);
      const waits = [...whole.matchAll(/(?:proxy_read_timeout |timeout (?:server|client) | timeout=)(\d+)s?\b/g)];
      for (const { server } of shipped) {
        expect(Number(idle?.[1] ?? idle?.[2])).toBeLessThan(server.keep_alive_timeout);
        for (const [, seconds] of waits) {
          expect(Number(seconds)).toBeGreaterThan(server.manager.sync_max_wait);
          expect(Number(seconds)).toBeGreaterThan(2 * server.manager.follow_max_silence);
        }
      }
    },
  );

  it('lets through what the server takes, as the Ingress of chart and manifests does', () => {
    const sizes = [PAGE, 'k8s-manifests/components/ingress/ingress.yaml', 'k8s-manifests/chart/values.yaml'].map(
      (file) => /(?:client_max_body_size|proxy-body-size:) (\d+)m/.exec(read(file))?.[1],
    );
    expect(new Set(sizes).size).toBe(1);
    expect(Number(sizes[0]) * 1024 ** 2).toBeGreaterThan(DEFAULT_BODY);
  });
});
