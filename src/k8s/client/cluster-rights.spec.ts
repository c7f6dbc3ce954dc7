import { describe, expect, it } from '@jest/globals';
import type { Logger } from '@nestjs/common';
import { askRights } from './cluster-rights.js';
import type { KubernetesClient } from './kubernetes-client.js';

async function ask(denied: readonly string[], failing = false) {
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const client = {
    namespace: 'jobs',
    canI: (verb: string, resource: string, subresource?: string) =>
      failing
        ? Promise.reject(new Error('no answer'))
        : Promise.resolve(!denied.includes([`${verb} ${resource}`, subresource].filter(Boolean).join('/'))),
  } as unknown as KubernetesClient;
  const rights = await askRights(client, { warn: say, error: say } as unknown as Logger);
  return { rights, said };
}

describe('the rights of the server', () => {
  it('are silent when all are there', async () => {
    expect(await ask([])).toEqual({ rights: { releasePods: true, watchEvents: true }, said: [] });
  });

  it('of the predecessor’s v0.11 have no patch of pods: they get no finalizer', async () => {
    const { rights, said } = await ask(['patch pods']);
    expect([rights, said]).toEqual([
      { releasePods: false, watchEvents: true },
      [expect.stringContaining('no finalizer')],
    ]);
  });

  it.each(['list events', 'watch events'])('without %s have no messages from events', async (right) => {
    expect((await ask([right])).rights).toEqual({ releasePods: true, watchEvents: false });
  });

  it('without create events say where problems show', async () => {
    const { rights, said } = await ask(['create events']);
    expect([rights, said]).toEqual([
      { releasePods: true, watchEvents: true },
      [expect.stringContaining('only in the status')],
    ]);
  });

  it('that it cannot do without are named', async () => {
    expect((await ask(['create jobs.batch', 'get pods/log'])).said).toEqual([
      expect.stringContaining('namespace jobs: create jobs.batch, get pods/log'),
    ]);
  });

  it('count as given where the question is not answered', async () => {
    expect((await ask([], true)).rights).toEqual({ releasePods: true, watchEvents: true });
  });
});
