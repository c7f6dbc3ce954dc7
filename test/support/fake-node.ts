import { PatchStrategy, setHeaderOptions, type CoreV1Api } from '@kubernetes/client-node';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CLUSTER_STATE } from './cluster-parts.js';
import { eventually } from './wait.js';

/** Pods that ask for one of these are put on the fake node, and nowhere else. */
export const FAKE_RESOURCE = 'example.org/fake';
const HEARTBEAT = 10_000;
const AT_A_TIME = 50;

const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

/**
 * A node of the real cluster that runs nothing: it says what its pods have come to, and answers for their logs as a kubelet does. So a thousand pods end in one second, which no
 * machine of tests could run.
 */
export class FakeNode {
  private readonly beating: NodeJS.Timeout;

  private constructor(
    private readonly core: CoreV1Api,
    readonly name: string,
    private readonly kubelet: Server,
  ) {
    this.beating = setInterval(() => void this.beat().catch(() => undefined), HEARTBEAT);
  }

  /** @param log of every container. The API server reaches the node as it does the real one, whose name and certificate it shares. */
  static async join(core: CoreV1Api, name: string, log: string): Promise<FakeNode> {
    const [cert, key] = await Promise.all(
      ['kubelet.crt', 'kubelet.key'].map((file) => readFile(join(CLUSTER_STATE, 'pki', file))),
    );
    const kubelet = createServer({ cert, key }, ({ url = '' }, answer) => {
      answer.writeHead(url.startsWith('/containerLogs/') ? 200 : 404, { 'content-type': 'text/plain' }).end(log);
    }).listen(0, '127.0.0.1');
    await once(kubelet, 'listening');
    await core.createNode({ body: { metadata: { name } } });
    const node = new FakeNode(core, name, kubelet);
    await node.beat();
    return node;
  }

  /** Ends all pods on this node at one moment, well. @param pods names; @returns how long it took to say so, milliseconds */
  async endAll(namespace: string, pods: readonly string[]): Promise<number> {
    const begin = performance.now();
    const at = new Date().toISOString().replace(/\.\d+/, '');
    const waiting = [...pods];
    const work = async () => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        const container = { name: 'main', image: 'none', imageID: '', ready: false, restartCount: 0 };
        const { spec } = await this.core.readNamespacedPod({ name, namespace });
        const containerStatuses = (spec?.containers ?? []).map((each) => ({
          ...container,
          name: each.name,
          state: {
            terminated: { exitCode: 0, reason: 'Completed', startedAt: at, finishedAt: at, containerID: 'fake://0' },
          },
        }));
        const body = { status: { phase: 'Succeeded', startTime: at, containerStatuses } };
        await this.core.patchNamespacedPodStatus({ name, namespace, body }, merge);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    return performance.now() - begin;
  }

  async leave(): Promise<void> {
    clearInterval(this.beating);
    this.kubelet.close();
    this.kubelet.closeAllConnections();
    await this.core.deleteNode({ name: this.name });
  }

  /** Says that the node is there, before the controller of nodes takes it for lost. */
  private async beat(): Promise<void> {
    const now = new Date().toISOString();
    const quantities = {
      cpu: '1000',
      memory: '1000Gi',
      pods: '2000',
      'ephemeral-storage': '1000Gi',
      [FAKE_RESOURCE]: '2000',
    };
    const status = {
      capacity: quantities,
      allocatable: quantities,
      addresses: [{ type: 'Hostname', address: 'dev-node' }],
      daemonEndpoints: { kubeletEndpoint: { Port: (this.kubelet.address() as AddressInfo).port } },
      conditions: [
        { type: 'Ready', status: 'True', reason: 'Fake', message: '', lastHeartbeatTime: now, lastTransitionTime: now },
      ],
    };
    await eventually('the status of the node', () =>
      this.core.patchNodeStatus({ name: this.name, body: { status } }, merge),
    );
  }
}
