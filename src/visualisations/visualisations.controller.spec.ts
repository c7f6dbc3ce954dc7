import { beforeEach, describe, expect, it, test } from '@jest/globals';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { FastifyRequest } from 'fastify';
import { UnauthorizedError, UnavailableError } from '../ogc/domain-errors.js';
import type { Links } from '../ogc/links.js';
import { configurationWith, VisualisationCluster } from './testing/visualisation-cluster.js';
import { record, settings } from './testing/instances.js';
import { toVisualisationDto } from './to-visualisation-dto.js';
import { VisualisationCache } from './visualisation-cache.js';
import type { Condition } from './visualisation-record.js';
import { VisualisationsController } from './visualisations.controller.js';

const request = (token?: string) =>
  ({ headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }) as FastifyRequest;

describe('the list of visualisations', () => {
  let cluster: VisualisationCluster;
  const controllerWith = (token?: string) => {
    const configuration = configurationWith(settings, token);
    const cache = new VisualisationCache(cluster.informerFactory, configuration);
    return {
      cache,
      controller: new VisualisationsController(cache, { base: () => 'http://h' } as unknown as Links, configuration),
    };
  };
  beforeEach(() => void (cluster = new VisualisationCluster()));

  test.each([
    ['without a token', undefined, 'asks for a token'],
    ['with another token', 'wrong', 'does not match'],
  ])('is not shown %s', (_what, token, message) => {
    const { controller } = controllerWith('right');
    expect(() => controller.list(request(token))).toThrow(UnauthorizedError);
    expect(() => controller.list(request(token))).toThrow(message);
  });

  it('is shown to nobody where the server has no token', () => {
    expect(() => controllerWith().controller.list(request('x'))).toThrow('PYGEOAPI_K8S_MANAGER_API_TOKEN');
    expect(() => controllerWith('').controller.list(request(''))).toThrow(UnauthorizedError);
  });

  it('is not there before the first lists of the cluster', () => {
    const { controller, cache } = controllerWith('right');
    Object.defineProperty(cache, 'synced', { value: false });
    expect(() => controller.list(request('right'))).toThrow(UnavailableError);
  });

  it('is in order, of all namespaces', () => {
    const { controller } = controllerWith('right');
    for (const [namespace, name] of [
      ['b', 'x'],
      ['a', 'z'],
      ['a', 'y'],
    ]) {
      const metadata = { name, namespace, uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' };
      cluster.write({ kind: 'DataVisualisation', metadata } as unknown as KubernetesObject);
    }
    const at = { state: 'pending', created: '2026-01-01T00:00:00Z' };
    expect(controller.list(request('right'))).toEqual({
      visualisations: [
        { namespace: 'a', name: 'y', ...at },
        { namespace: 'a', name: 'z', ...at },
        { namespace: 'b', name: 'x', ...at },
      ],
      links: [{ href: 'http://h/visualisations', rel: 'self', type: 'application/json', title: 'This document' }],
    });
  });
});

describe('an entry of the list', () => {
  const condition = (reason: string, status: Condition['status'] = 'False'): Condition => ({
    type: 'Ready',
    status,
    reason,
    message: 'why',
    lastTransitionTime: '',
  });
  test.each([
    [condition('Available', 'True'), 'ready'],
    [condition('Starting'), 'starting'],
    [condition('FormerInstanceGoes'), 'starting'],
    [condition('ImagePullBackOff'), 'failed'],
    [condition('NameTaken'), 'failed'],
    [condition('InvalidSpec'), 'invalid'],
  ])('of %j is %s', (ready, state) => {
    const status = { observedGeneration: 1, conditions: [ready] };
    expect(toVisualisationDto(record({}, { status }))).toMatchObject({ state, reason: ready.reason, message: 'why' });
  });

  it('says nothing of a former specification, but where the app is', () => {
    const viz = { url: 'https://h/v', image: 'i:1', serviceAccountName: 'd', resources: { requests: {}, limits: {} } };
    const status = { observedGeneration: 1, conditions: [condition('Available', 'True')], viz };
    const expected = {
      namespace: 'there',
      name: 'viz-1',
      url: 'https://h/v',
      image: 'i:1',
      created: '2026-01-01T00:00:00Z',
    };
    expect(toVisualisationDto(record({}, { status, generation: 2 }))).toEqual({ ...expected, state: 'pending' });
    expect(toVisualisationDto(record({}, { status, generation: 2, deleting: true })).state).toBe('removing');
  });
});
