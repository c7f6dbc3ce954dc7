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

  it.each(['GET', 'POST'] as const)('sends no %s that was given up while it asked for credentials', async (method) => {
    const kubeConfig = api.kubeConfig('first');
    const given = Promise.withResolvers<undefined>();
    kubeConfig.applySecurityAuthentication = () => given.promise;
    const gone = new AbortController();
    const answer = new ApiTransport(kubeConfig).json({ method, path: '/x', signal: gone.signal });
    gone.abort(new Error('the client is gone'));
    given.resolve(undefined);
    await expect(answer).rejects.toThrow('the client is gone');
    expect(api.requests).toEqual([]);
  });
});
