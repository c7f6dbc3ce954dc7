import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { failure, json, ScriptedApi } from '../testing/scripted-api.js';
import { ApiTransport } from './api-transport.js';

describe('ApiTransport', () => {
  let api: ScriptedApi;
  beforeEach(async () => void (api = await new ScriptedApi().start()));
  afterEach(() => api.stop());

  it('asks for credentials anew once those that it had are refused', async () => {
    const kubeConfig = api.kubeConfig('first');
    const transport = new ApiTransport(kubeConfig);
    const get = () => transport.json({ method: 'GET', path: '/x' });
    const shown = () => api.requests.at(-1)?.headers.authorization;
    api.answer(json({}), failure(401, 'Unauthorized'), json({}));
    await get();
    expect(shown()).toBe('Bearer first');
    kubeConfig.users = [{ name: 'me', token: 'second' }];
    await expect(get()).rejects.toMatchObject({ failure: 'unauthorized' });
    await get();
    expect(shown()).toBe('Bearer second');
  });
});
