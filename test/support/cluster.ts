import {
  BatchV1Api,
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
} from '@kubernetes/client-node';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './child.js';
import { eventually } from './wait.js';

export const POD_FINALIZER = 'pygeoapi.io/finalizer-log-retrieval';

/** `E2E_KUBECONFIG` names a real cluster; without it the suites run on the embedded one. */
export const realKubeconfig = process.env['E2E_KUBECONFIG'];
export const onRealCluster = realKubeconfig !== undefined;

/** This machine, as pods of the real cluster reach it. */
export const HOST_FROM_PODS = '10.244.0.1';

/** The server that k8s-manifests deploys: the name of its objects, and the label `app` of its pods. */
export const SERVER = 'k8s-job-manager';

/** A namespace of its own on a cluster that lives as long as the suite: a server under test can be killed without it. */
export class TestCluster {
  readonly core: CoreV1Api;
  readonly batch: BatchV1Api;
  readonly coordination: CoordinationV1Api;

  private constructor(
    readonly kubeconfig: string,
    readonly namespace: string,
    /** For files of the suite; removed with the cluster. */
    readonly folder: string,
    private readonly embedded?: Child,
  ) {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    this.core = config.makeApiClient(CoreV1Api);
    this.batch = config.makeApiClient(BatchV1Api);
    this.coordination = config.makeApiClient(CoordinationV1Api);
  }

  static async start(): Promise<TestCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'e2e-cluster-'));
    if (realKubeconfig === undefined) {
      const images = join(folder, 'images.json');
      const image = (name: string) => ({
        name: `ogc-processes-k8s/${name}:latest`,
        folder: join(process.cwd(), 'examples', name),
        entrypoint: ['node', 'index.mjs'],
      });
      await writeFile(images, JSON.stringify([image('geojson-features'), image('echo')]));
      const args = ['--data-dir', folder, '--images', images];
      const { child, match } = await Child.start(
        'dist/embedded-cluster/main.js',
        args,
        {},
        /embedded cluster ready: (.+)/,
      );
      return new TestCluster((match[1] ?? '').trim(), 'default', folder, child);
    }
    const cluster = new TestCluster(realKubeconfig, `e2e-${randomBytes(4).toString('hex')}`, folder);
    await cluster.core.createNamespace({ body: { metadata: { name: cluster.namespace } } });
    await eventually('the default service account', () =>
      cluster.core.readNamespacedServiceAccount({ name: 'default', namespace: cluster.namespace }),
    );
    return cluster;
  }

  /** All but those of a server that is deployed here. */
  async pods() {
    return this.podsWith(`app!=${SERVER}`);
  }

  /** Of a server that is deployed here, also those that are about to end. */
  async serverPods() {
    return this.podsWith(`app=${SERVER}`);
  }

  /** Pods that a server under test has not let go (yet). */
  async heldPods() {
    return (await this.pods()).filter(({ metadata }) => metadata?.finalizers?.includes(POD_FINALIZER));
  }

  /** Waits until no pod is held any more. @param bound milliseconds */
  async allReleased(bound?: number): Promise<void> {
    await eventually('all pods being released', async () => (await this.heldPods()).length === 0, bound);
  }

  async kubeJobs() {
    return (await this.batch.listNamespacedJob({ namespace: this.namespace })).items;
  }

  /** How many pods of which Job its controller has taken away: those that it made twice, or for a Job that fails. They may have run, and have a log then. */
  async sparePods(): Promise<ReadonlyMap<string, number>> {
    const { items } = await this.core.listNamespacedEvent({ namespace: this.namespace });
    const spare = new Map<string, number>();
    for (const { reason, involvedObject, count } of items)
      if (reason === 'SuccessfulDelete' && involvedObject.kind === 'Job')
        spare.set(involvedObject.name ?? '', (spare.get(involvedObject.name ?? '') ?? 0) + (count ?? 1));
    return spare;
  }

  async stop(): Promise<void> {
    if (this.embedded) {
      await this.embedded.end();
    } else {
      // From here on no pod is made any more.
      await this.core.deleteNamespace({ name: this.namespace });
      for (const pod of await this.podsWith()) {
        const request = {
          name: pod.metadata?.name ?? '',
          namespace: this.namespace,
          body: { metadata: { finalizers: null } },
        };
        if (pod.metadata?.finalizers?.length) {
          await this.core
            .patchNamespacedPod(request, setHeaderOptions('Content-Type', PatchStrategy.MergePatch))
            .catch(() => undefined);
        }
      }
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private async podsWith(labelSelector?: string) {
    return (await this.core.listNamespacedPod({ namespace: this.namespace, labelSelector })).items;
  }
}
