import { describe, expect, it } from '@jest/globals';
import type { VisualisationSettings } from '../config/configuration.js';
import type { InformerFactory, InformerOptions } from '../k8s/informers/informer.js';
import { configurationWith, VisualisationCluster } from './testing/visualisation-cluster.js';
import { gateway, settings } from './testing/instances.js';
import { VisualisationCache } from './visualisation-cache.js';

const OWN = 'app.kubernetes.io/managed-by=ogc-processes-k8s,app.kubernetes.io/component=visualisation';

function watchedWith(namespaces: readonly string[] | undefined, over: Partial<VisualisationSettings> = {}) {
  const watched: string[] = [];
  const cluster = new VisualisationCluster();
  const factory = {
    create: (options: InformerOptions<never, never>) => {
      watched.push(`${options.namespace} ${options.resource} ${options.labelSelector ?? '-'} ${options.background}`);
      return cluster.informerFactory.create(options);
    },
  } as unknown as InformerFactory;
  return { cache: new VisualisationCache(factory, configurationWith({ ...settings, ...over, namespaces })), watched };
}

describe('the cache of visualisations', () => {
  it('watches all namespaces, of other kinds only its own objects, and nothing that the server waits for', () => {
    expect(watchedWith(undefined).watched).toEqual([
      '* datavisualisations - true',
      `* pods ${OWN} true`,
      `* deployments ${OWN} true`,
      `* services ${OWN} true`,
      `* ingresses ${OWN} true`,
    ]);
  });

  it.each(['both', 'httproute', 'ingress'] as const)(
    'watches HTTPRoutes with a Gateway, for what is no longer made goes (%s)',
    (routes) => {
      expect(watchedWith(undefined, { gateway, routes }).watched.at(-1)).toBe(`* httproutes ${OWN} true`);
    },
  );

  it('watches only the namespaces that are listed', () => {
    const { cache, watched } = watchedWith(['a', 'b']);
    expect(watched.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(
      ['a', 'b'].flatMap((namespace) =>
        ['datavisualisations', 'pods', 'deployments', 'services', 'ingresses'].map((kind) => `${namespace} ${kind}`),
      ),
    );
    expect(cache.find('c/x')).toBeUndefined();
    expect(cache.child('services', 'c/x')).toBeUndefined();
  });
});
