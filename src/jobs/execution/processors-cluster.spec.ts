import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { UnavailableError } from '../../ogc/domain-errors.js';
import { ProcessorsCluster } from './processors-cluster.js';

const processes = (...listsSecrets: boolean[]) =>
  ({
    list: () => listsSecrets.map((lists, at) => ({ id: `p${at}`, listsSecrets: lists })),
  }) as unknown as ProcessRegistry;

/** What it says in the log, and what it is. */
async function build(client: Partial<KubernetesClient>, registry = processes(true)) {
  const said: string[] = [];
  const cluster = new ProcessorsCluster({ namespace: 'jobs', ...client } as KubernetesClient, registry);
  const error = jest.spyOn(Logger.prototype, 'error').mockImplementation((message) => void said.push(String(message)));
  await cluster.onApplicationBootstrap().finally(() => error.mockRestore());
  return { cluster, said };
}
const allowed = (answer: boolean) => ({ canI: () => Promise.resolve(answer) });
const refusing = (failure: 'forbidden' | 'unavailable') => ({
  listSecrets: () => Promise.reject(new KubernetesError(failure, 'secrets is forbidden: User "u" ...')),
});

describe('what processors see of the cluster', () => {
  it('are secrets without values', async () => {
    const metadata = [{ name: 'a', labels: { owner: 'me' }, uid: '1' }, { name: 'b' }];
    const { cluster, said } = await build({ ...allowed(true), listSecrets: () => Promise.resolve(metadata) });
    expect(await cluster.secrets()).toEqual([
      { name: 'a', labels: { owner: 'me' } },
      { name: 'b', labels: {} },
    ]);
    expect(said).toEqual([]);
  });

  it('are told at start to be out of reach, by the processes that need them', async () => {
    const { said } = await build(allowed(false), processes(false, true, true));
    expect(said).toEqual([
      'Missing right in namespace jobs: list secrets (docs/notebooks.md). It keeps from being executed: p1, p2.',
    ]);
    expect((await build(allowed(false), processes(false))).said).toEqual([]);
    expect((await build({ canI: () => Promise.reject(new Error('no answer')) })).said).toEqual([]);
  });

  it.each([
    ['forbidden', 'may not list the secrets'],
    ['unavailable', 'cannot be listed now'],
  ] as const)(
    'are not there for now where the answer is %s; what the API server says stays in the log',
    async (failure, message) => {
      const { cluster } = await build({ ...allowed(true), ...refusing(failure) });
      const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const thrown: unknown = await cluster.secrets().catch((reason: unknown) => reason);
      error.mockRestore();
      expect(thrown).toBeInstanceOf(UnavailableError);
      expect(String(thrown)).toContain(message);
      expect(String(thrown)).not.toContain('User');
    },
  );
});
