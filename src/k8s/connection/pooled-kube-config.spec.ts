import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchV1Api, HttpMethod, RequestContext } from '@kubernetes/client-node/dist/gen/index.js';
import type { Dispatcher } from 'undici';
import { ApiTransport } from '../client/api-transport.js';
import { PooledKubeConfig } from './pooled-kube-config.js';
import { json, list, ScriptedApi, ScriptedWatch } from '../testing/scripted-api.js';

async function applied(kubeConfig: PooledKubeConfig): Promise<{ dispatcher?: Dispatcher; authorization?: string }> {
  const context = new RequestContext('http://127.0.0.1/', HttpMethod.GET);
  await kubeConfig.applySecurityAuthentication(context);
  return { dispatcher: context.getDispatcher(), authorization: context.getHeaders().Authorization };
}

describe('PooledKubeConfig', () => {
  let api: ScriptedApi;
  let folder: string;
  beforeEach(async () => {
    api = await new ScriptedApi().start();
    folder = await mkdtemp(join(tmpdir(), 'kube-config-'));
  });
  afterEach(async () => {
    await api.stop();
    await rm(folder, { recursive: true });
  });

  it('sends requests one after the other on the same connections, of the typed APIs too', async () => {
    const kubeConfig = api.kubeConfig();
    const transport = new ApiTransport(kubeConfig);
    const batch = kubeConfig.makeApiClient(BatchV1Api);
    for (let call = 0; call < 5; call += 1) {
      api.answer(json({}), list(1, []));
      await transport.json({ method: 'GET', path: '/x' });
      await batch.listNamespacedJob({ namespace: 'here' });
    }
    expect(api.requests).toHaveLength(10);
    // fetch, which the typed APIs use, may give its connection back a moment after the answer.
    expect(api.connections).toBeLessThanOrEqual(2);
  });

  it('has no limit of open watches, and none holds up a request', async () => {
    const transport = api.transport();
    const watches = Array.from({ length: 300 }, () => new ScriptedWatch());
    api.answer(...watches.map(({ answer }) => answer));
    const streams = await Promise.all(watches.map(() => transport.stream({ path: '/w', idleTimeout: 0 })));
    api.answer(json({ fine: true }));
    expect(await transport.json({ method: 'GET', path: '/x' })).toEqual({ fine: true });
    for (const stream of streams) stream.destroy();
  });

  it('keeps its connections while the token changes', async () => {
    const kubeConfig = api.kubeConfig('first');
    const before = await applied(kubeConfig);
    kubeConfig.users = [{ name: 'me', token: 'second' }];
    const after = await applied(kubeConfig);
    expect(before.authorization).toBe('Bearer first');
    expect(after.authorization).toBe('Bearer second');
    expect(after.dispatcher).toBe(before.dispatcher);
  });

  it('asks an exec plugin for its token', async () => {
    const kubeConfig = api.kubeConfig();
    const credential = JSON.stringify({ kind: 'ExecCredential', status: { token: 'from-plugin' } });
    kubeConfig.users = [
      { name: 'me', exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'echo', args: [credential] } },
    ];
    expect((await applied(kubeConfig)).authorization).toBe('Bearer from-plugin');
  });

  it('makes new connections when a certificate changes, and only then', async () => {
    const caFile = join(folder, 'ca.crt');
    await writeFile(caFile, 'one');
    const kubeConfig = new PooledKubeConfig();
    kubeConfig.loadFromClusterAndUser(
      { name: 'c', server: 'https://127.0.0.1:1', caFile, skipTLSVerify: false },
      { name: 'me' },
    );
    const first = await applied(kubeConfig);
    const same = await applied(kubeConfig);
    await writeFile(caFile, 'two');
    const changed = await applied(kubeConfig);
    expect(first.dispatcher).toBeDefined();
    expect(same.dispatcher).toBe(first.dispatcher);
    expect(changed.dispatcher).not.toBe(first.dispatcher);
    await kubeConfig.close();
  });

  it.each(['http://proxy.invalid:3128', 'socks5://proxy.invalid:1080'])(
    'keeps one dispatcher through %s',
    async (proxyUrl) => {
      const kubeConfig = new PooledKubeConfig();
      const cluster = { name: 'c', server: 'https://127.0.0.1:1', skipTLSVerify: true, proxyUrl };
      kubeConfig.loadFromClusterAndUser(cluster, { name: 'me' });
      const first = await applied(kubeConfig);
      expect(first.dispatcher).toBeDefined();
      expect((await applied(kubeConfig)).dispatcher).toBe(first.dispatcher);
      await kubeConfig.close();
    },
  );

  it('breaks open streams when it is closed', async () => {
    const kubeConfig = api.kubeConfig();
    const watch = new ScriptedWatch();
    api.answer(watch.answer);
    const stream = await new ApiTransport(kubeConfig).stream({ path: '/w', idleTimeout: 0 });
    await kubeConfig.close();
    await expect(stream.toArray()).rejects.toThrow();
  });
});
