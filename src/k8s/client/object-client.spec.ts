import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiObjectClient } from './object-client.js';
import { failure, json, object, ScriptedApi } from '../testing/scripted-api.js';

const INGRESSES = '/apis/networking.k8s.io/v1/namespaces/there/ingresses';

describe('ApiObjectClient', () => {
  let api: ScriptedApi;
  let client: ApiObjectClient;
  const last = () => {
    const { method, url, headers, body } = api.requests.at(-1)!;
    return { method, path: url.pathname, type: headers['content-type'], body: body === '' ? '' : JSON.parse(body) };
  };
  const ingress = { kind: 'Ingress', metadata: { name: 'i', namespace: 'there' } };

  beforeEach(async () => {
    api = await new ScriptedApi().start();
    client = new ApiObjectClient(api.transport());
  });
  afterEach(() => api.stop());

  it('creates and replaces objects of any kind in the namespace of their metadata', async () => {
    api.answer(json(object('i', 1), 201), json(object('i', 2)));
    expect(await client.create('ingresses', ingress)).toEqual(object('i', 1));
    expect(last()).toEqual({ method: 'POST', path: INGRESSES, type: 'application/json', body: ingress });
    expect(await client.replace('ingresses', ingress)).toEqual(object('i', 2));
    expect(last()).toEqual({ method: 'PUT', path: `${INGRESSES}/i`, type: 'application/json', body: ingress });
  });

  it('gets an object, and undefined where there is none', async () => {
    api.answer(json(object('s', 1)), failure(404, 'NotFound'), failure(403, 'Forbidden'));
    expect(await client.get('services', 'there', 's')).toEqual(object('s', 1));
    expect(last()).toMatchObject({ method: 'GET', path: '/api/v1/namespaces/there/services/s' });
    expect(await client.get('services', 'there', 's')).toBeUndefined();
    await expect(client.get('services', 'there', 's')).rejects.toMatchObject({ failure: 'forbidden' });
  });

  it('deletes one object, and none that has taken its name', async () => {
    api.answer(json(object('i', 3)), failure(404, 'NotFound'), failure(409, 'Conflict'));
    const of = { namespace: 'there', name: 'i', uid: 'u' };
    expect(await client.delete('ingresses', of)).toBe(true);
    expect(last()).toEqual({
      method: 'DELETE',
      path: `${INGRESSES}/i`,
      type: 'application/json',
      body: { preconditions: { uid: 'u' } },
    });
    expect(await client.delete('ingresses', of)).toBe(false);
    await expect(client.delete('ingresses', of)).rejects.toMatchObject({ failure: 'conflict' });
  });

  it('patches the status of one object, and of none that has taken its name', async () => {
    api.answer(json(object('v', 3)), failure(409, 'Conflict'));
    const of = { namespace: 'there', name: 'v', uid: 'u' };
    await client.patchStatus('datavisualisations', of, { viz: { url: null } });
    expect(last()).toEqual({
      method: 'PATCH',
      path: '/apis/squonk.it/v1/namespaces/there/datavisualisations/v/status',
      type: 'application/merge-patch+json',
      body: { metadata: { uid: 'u' }, status: { viz: { url: null } } },
    });
    await expect(client.patchStatus('datavisualisations', of, {})).rejects.toMatchObject({ failure: 'conflict' });
  });
});
