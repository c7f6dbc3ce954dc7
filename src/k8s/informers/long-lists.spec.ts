import { expect, it } from '@jest/globals';
import { ListWatchInformer } from './list-watch.informer.js';
import { eventually, list, object, ScriptedApi, ScriptedWatch } from '../testing/scripted-api.js';

it('takes a long list over in pieces, between which other work has its turn', async () => {
  const api = await new ScriptedApi().start();
  const informer = new ListWatchInformer(api.transport(), 'here', {
    resource: 'jobs',
    transform: ({ metadata }) => metadata?.uid,
  });
  try {
    const objects = Array.from({ length: 1000 }, (_, at) => object(`a${at}`, 3));
    api.answer(list(10, objects), new ScriptedWatch().answer);
    const atTurns = [0];
    const look = () => {
      atTurns.push(informer.size);
      if (informer.size < 1000) setImmediate(look);
    };
    informer.start();
    setImmediate(look);
    await informer.whenSynced();
    await eventually(() => atTurns.at(-1) === 1000, 'the last turn');
    const steps = atTurns.slice(1).map((size, at) => size - (atTurns[at] ?? 0));
    expect(Math.max(...steps)).toBeLessThanOrEqual(50);
  } finally {
    await informer.stop();
    await api.stop();
  }
});
