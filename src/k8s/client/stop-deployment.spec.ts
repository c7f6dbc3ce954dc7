import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stopDeployment } from './stop-deployment.js';
import { failure, json, object, ScriptedApi } from '../testing/scripted-api.js';

const PATH = '/apis/apps/v1/namespaces/here/deployments/server';
const deployment = (selector: object) => ({
  metadata: { name: 'server' },
  spec: { selector, template: { spec: { terminationGracePeriodSeconds: 0 } } },
});
const selected = json(deployment({ matchLabels: { app: 'server', tier: 'web' } }));
const pods = (...names: string[]) => json({ items: names.map((name) => object(name, 1)) });

describe('stopping a Deployment', () => {
  let api: ScriptedApi;
  beforeEach(async () => {
    api = await new ScriptedApi().start();
  });
  afterEach(() => api.stop());

  const stop = (options = {}) =>
    stopDeployment(api.transport(), 'here', 'server', { dryRun: false, pause: 1, ...options });
  const asked = () => api.requests.map(({ method, url }) => `${method} ${url.pathname}${url.search}`);

  it('scales it to 0 and waits until its pods are gone', async () => {
    api.answer(selected, pods('a', 'b'), json({}), pods('a', 'b'), pods('b'), pods());
    expect(await stop()).toBe(2);
    const list = 'GET /api/v1/namespaces/here/pods?labelSelector=app%3Dserver%2Ctier%3Dweb';
    expect(asked()).toEqual([`GET ${PATH}`, list, `PATCH ${PATH}/scale`, list, list, list]);
    expect(api.requests[2]?.headers['content-type']).toBe('application/merge-patch+json');
    expect(JSON.parse(api.requests[2]?.body ?? '')).toEqual({ spec: { replicas: 0 } });
  });

  it('only looks in a dry run', async () => {
    api.answer(selected, pods('a', 'b'));
    expect(await stop({ dryRun: true })).toBe(2);
    expect(asked().every((request) => request.startsWith('GET'))).toBe(true);
  });

  it('tells where there is none', async () => {
    api.answer(failure(404, 'NotFound'));
    expect(await stop()).toBeUndefined();
  });

  it('fails with the names of the pods that stay', async () => {
    api.answer(selected, pods('a'), json({}), pods('a'));
    await expect(stop({ patience: -1 })).rejects.toThrow('pods of deployment server have not ended: a');
  });

  it('refuses to stop what selects its pods in another way, before anything is changed', async () => {
    api.answer(json(deployment({ matchExpressions: [{ key: 'app', operator: 'Exists' }] })));
    await expect(stop()).rejects.toThrow('selects its pods otherwise than by matchLabels');
    expect(asked()).toEqual([`GET ${PATH}`]);
  });
});
