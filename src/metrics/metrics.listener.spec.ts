import { afterEach, describe, expect, it } from '@jest/globals';
import type { Configuration } from '../config/configuration.js';
import { Exposition } from './exposition.js';
import { MetricRegistry } from './metric-registry.js';
import { MetricsListener } from './metrics.listener.js';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function listenerWith(token?: string, read?: () => Promise<string>) {
  const registry = new MetricRegistry();
  if (read) Object.assign(registry, { read });
  const configuration = {
    environment: { metrics: { port: 0, token } },
    server: { bind: { host: '127.0.0.1', port: 0 } },
  } as Configuration;
  const listener = new MetricsListener(new Exposition(registry, configuration), configuration);
  await listener.onApplicationBootstrap();
  stops.push(async () => {
    await listener.onApplicationShutdown();
    registry.onApplicationShutdown();
  });
  return (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${listener.port}${path}`, init);
}

describe('the port of the metrics', () => {
  it('answers them, and nothing else', async () => {
    const ask = await listenerWith();
    const answer = await ask('/metrics?x=y');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect(await answer.text()).toContain('# TYPE process_cpu_seconds_total counter');
    expect((await ask('/jobs')).status).toBe(404);
    const posted = await ask('/metrics', { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('asks for the token where there is one', async () => {
    const ask = await listenerWith('scraper');
    const bearer = (token: string) => ask('/metrics', { headers: { authorization: `Bearer ${token}` } });
    const refused = await ask('/metrics');
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await bearer('scrape')).status).toBe(401);
    expect((await bearer('scraper')).status).toBe(200);
  });

  it('says nothing of why they cannot be read', async () => {
    const ask = await listenerWith(undefined, () => Promise.reject(new Error('secret')));
    const answer = await ask('/metrics');
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret');
  });

  it('does not hold the shutdown when it never listened', async () => {
    const registry = new MetricRegistry();
    const configuration = { environment: { metrics: {} } } as Configuration;
    await new MetricsListener(new Exposition(registry, configuration), configuration).onApplicationShutdown();
    registry.onApplicationShutdown();
  });
});
