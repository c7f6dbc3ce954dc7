import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ListWatchInformerFactory } from './informer.factory.js';
import { ALL_NAMESPACES } from './informer.js';
import { list, ScriptedApi, ScriptedWatch } from '../testing/scripted-api.js';

const deployment = (namespace: string, name: string, version: number) => ({
  metadata: { namespace, name, uid: `${namespace}-${name}`, resourceVersion: String(version) },
});

describe('an informer of other namespaces than the client’s', () => {
  let api: ScriptedApi;
  let factory: ListWatchInformerFactory;
  beforeEach(async () => {
    Logger.overrideLogger(false);
    api = await new ScriptedApi().start();
    factory = new ListWatchInformerFactory(api.transport(), 'here');
  });
  afterEach(async () => {
    await factory.onApplicationShutdown();
    await api.stop();
    Logger.overrideLogger(['error', 'warn']);
  });
  const make = (namespace: string, background = false) =>
    factory.create({
      resource: 'deployments',
      namespace,
      background,
      transform: ({ metadata }) => metadata?.resourceVersion,
    });

  it('keeps objects of one name in several namespaces apart', async () => {
    const informer = make(ALL_NAMESPACES);
    const watch = new ScriptedWatch();
    api.answer(list(10, [deployment('a', 'x', 3), deployment('b', 'x', 4)]), watch.answer);
    factory.onApplicationBootstrap();
    await informer.whenSynced();
    expect(api.requests[0]?.url.pathname).toBe('/apis/apps/v1/deployments');
    expect([informer.get('a/x'), informer.get('b/x'), informer.get('x')]).toEqual(['3', '4', undefined]);
    informer.observe(deployment('a', 'x', 11));
    expect([informer.get('a/x'), informer.get('b/x')]).toEqual(['11', '4']);
  });

  it('asks for one namespace where one is given', async () => {
    const informer = make('there');
    api.answer(list(10, [deployment('there', 'x', 3)]), new ScriptedWatch().answer);
    factory.onApplicationBootstrap();
    await informer.whenSynced();
    expect(api.requests[0]?.url.pathname).toBe('/apis/apps/v1/namespaces/there/deployments');
    expect(informer.get('there/x')).toBe('3');
  });

  it('holds nothing up where it runs in the background', async () => {
    const informer = make('there', true);
    factory.onApplicationBootstrap();
    await factory.whenAllSynced();
    expect(informer.synced).toBe(false);
    expect(factory.statistics()).toMatchObject([{ resource: 'deployments', background: true, synced: false }]);
  });
});
