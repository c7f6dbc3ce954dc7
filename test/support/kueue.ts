import {
  CustomObjectsApi,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type KubernetesObject,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { onRealCluster, realKubeconfig, TestCluster } from './cluster.js';
import { TestBed } from './test-bed.js';
import { eventually } from './wait.js';

const GROUP = { group: 'kueue.x-k8s.io', version: 'v1beta2' };
const MERGE = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

/** What Kueue writes into the pods of jobs that it lets run. */
export const FLAVOR = {
  nodeLabels: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ key: 'example.org/batch', operator: 'Exists', effect: 'NoSchedule' }],
};

export interface KueueWorkload extends KubernetesObject {
  readonly spec: { readonly active?: boolean };
}

function customObjects(kubeconfig: string): CustomObjectsApi {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  return config.makeApiClient(CustomObjectsApi);
}

async function findKueue(): Promise<boolean> {
  if (!onRealCluster || realKubeconfig === undefined) return false;
  return customObjects(realKubeconfig)
    .listClusterCustomObject({ ...GROUP, plural: 'clusterqueues' })
    .then(
      () => true,
      () => false,
    );
}

/** Queues in the namespace of a suite, of one processor that is theirs alone. */
export class TestQueues {
  private readonly api: CustomObjectsApi;
  private readonly namespace: string;
  /** Objects of the whole cluster have the namespace's name. */
  private readonly made: { readonly plural: string; readonly name: string }[] = [];

  private constructor(private readonly cluster: TestCluster) {
    this.api = customObjects(cluster.kubeconfig);
    this.namespace = cluster.namespace;
  }

  /** Queues `batch` and `held` (stopped), and the priorities {@link low} and {@link high}. */
  static async create(cluster: TestCluster): Promise<TestQueues> {
    const queues = new TestQueues(cluster);
    await queues.create();
    return queues;
  }

  get low(): string {
    return `low-${this.namespace}`;
  }

  get high(): string {
    return `high-${this.namespace}`;
  }

  private async create(): Promise<void> {
    const { namespace } = this;
    await this.cluster.core.patchNamespace(
      { name: namespace, body: { metadata: { labels: { kueue: 'enabled' } } } },
      MERGE,
    );
    await this.make('resourceflavors', 'ResourceFlavor', namespace, { spec: FLAVOR });
    const queue = (stopPolicy: string) => ({
      spec: {
        namespaceSelector: {},
        preemption: { withinClusterQueue: 'LowerPriority' },
        stopPolicy,
        resourceGroups: [
          {
            coveredResources: ['cpu'],
            flavors: [{ name: namespace, resources: [{ name: 'cpu', nominalQuota: '1' }] }],
          },
        ],
      },
    });
    await this.make('clusterqueues', 'ClusterQueue', namespace, queue('None'));
    await this.make('clusterqueues', 'ClusterQueue', `held-${namespace}`, queue('Hold'));
    await this.make('workloadpriorityclasses', 'WorkloadPriorityClass', this.low, { value: 10 });
    await this.make('workloadpriorityclasses', 'WorkloadPriorityClass', this.high, { value: 1000 });
    await this.addQueue('batch');
    await this.addQueue('held', `held-${namespace}`);
  }

  /** A LocalQueue; default: that shares the processor of `batch`. */
  async addQueue(name: string, clusterQueue = this.namespace): Promise<void> {
    await this.api.createNamespacedCustomObject({
      ...GROUP,
      plural: 'localqueues',
      namespace: this.namespace,
      body: { apiVersion: 'kueue.x-k8s.io/v1beta2', kind: 'LocalQueue', metadata: { name }, spec: { clusterQueue } },
    });
  }

  /** Of the job with this id. */
  async workload(jobId: string): Promise<KueueWorkload | undefined> {
    const { namespace } = this;
    const list = (await this.api.listNamespacedCustomObject({ ...GROUP, plural: 'workloads', namespace })) as {
      readonly items: readonly KueueWorkload[];
    };
    return list.items.find(({ metadata }) => metadata?.ownerReferences?.some(({ name }) => name.endsWith(jobId)));
  }

  async setActive(jobId: string, active: boolean): Promise<void> {
    const { namespace } = this;
    const name = (await this.workload(jobId))?.metadata?.name ?? '';
    const body = { spec: { active } };
    await this.api.patchNamespacedCustomObject({ ...GROUP, plural: 'workloads', namespace, name, body }, MERGE);
  }

  /** Once no Workload is left: Kueue keeps what is in use. */
  async remove(): Promise<void> {
    const { namespace } = this;
    await this.cluster.batch.deleteCollectionNamespacedJob({ namespace, propagationPolicy: 'Background' });
    await eventually(
      'all Workloads being gone',
      async () => {
        const list = (await this.api.listNamespacedCustomObject({ ...GROUP, plural: 'workloads', namespace })) as {
          readonly items: readonly unknown[];
        };
        return list.items.length === 0;
      },
      60_000,
    ).catch(() => undefined);
    for (const { plural, name } of this.made.toReversed())
      await this.api.deleteClusterCustomObject({ ...GROUP, plural, name }).catch(() => undefined);
  }

  private async make(plural: string, kind: string, name: string, content: object): Promise<void> {
    const body = { apiVersion: 'kueue.x-k8s.io/v1beta2', kind, metadata: { name }, ...content };
    await this.api.createClusterCustomObject({ ...GROUP, plural, body });
    this.made.push({ plural, name });
  }
}

/** Whether a real Kueue runs in the cluster of the suites. */
export const hasKueue = await findKueue();

/** A suite that needs a real Kueue; skipped without. */
export const describeWithKueue = hasKueue ? describe : describe.skip;

/**
 * A server of its own for a suite, and queues in its namespace.
 * @param processes of the configuration, which name the queues
 * @param use is given both before the tests
 */
export function withQueues(
  processes: (queues: TestQueues) => string,
  use: (bed: TestBed, queues: TestQueues) => void,
): void {
  let bed: TestBed | undefined;
  let queues: TestQueues | undefined;
  beforeAll(async () => {
    const cluster = await TestCluster.start();
    const made = (queues = await TestQueues.create(cluster));
    bed = await TestBed.startProcess({}, { cluster, configuration: (text) => text + processes(made) });
    use(bed, made);
  }, 120_000);
  afterAll(async () => {
    await queues?.remove();
    await bed?.stop();
  }, 120_000);
}
