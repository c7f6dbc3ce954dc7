import { PatchStrategy, setHeaderOptions, type V1Job, type V1Pod } from '@kubernetes/client-node';
import { FINALIZER } from '../fixtures/predecessor/kube-jobs.js';
import type { TestCluster } from './cluster.js';
import { eventually } from './wait.js';

/** Plays the predecessor on a cluster: makes its Jobs, and does with ended ones what its finalizer did. */
export class Predecessor {
  constructor(private readonly cluster: TestCluster) {}

  async create(kubeJob: V1Job): Promise<void> {
    await this.cluster.batch.createNamespacedJob({ namespace: this.cluster.namespace, body: kubeJob });
  }

  async kubeJob(name: string): Promise<V1Job> {
    return this.cluster.batch.readNamespacedJob({ name, namespace: this.cluster.namespace });
  }

  async podOf(name: string): Promise<V1Pod | undefined> {
    return (await this.cluster.pods()).find(({ metadata }) => metadata?.labels?.['job-name'] === name);
  }

  isHeld = async (name: string): Promise<boolean> =>
    (await this.podOf(name))?.metadata?.finalizers?.includes(FINALIZER) ?? false;

  /** Waits for the pod's end: with its finalizer on, a Job gets no condition before the pod is released on some versions of Kubernetes. */
  async podEnded(name: string): Promise<V1Pod> {
    return eventually(`the pod of ${name} having ended`, async () => {
      const pod = await this.podOf(name);
      return ['Succeeded', 'Failed'].includes(pod?.status?.phase ?? '') ? pod : undefined;
    });
  }

  async annotate(name: string, annotations: Readonly<Record<string, string | null>>): Promise<void> {
    await this.cluster.batch.patchNamespacedJob(
      { name, namespace: this.cluster.namespace, body: { metadata: { annotations } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
  }

  /** What its finalizer wrote, and that it released the pod. Without markers in the log it wrote an empty value and no media type. */
  async collect(name: string, result: { readonly mimetype?: string; readonly value: string }): Promise<void> {
    const pod = await this.podEnded(name);
    await this.annotate(name, {
      ...(result.mimetype === undefined ? {} : { 'pygeoapi.io/result-mimetype': result.mimetype }),
      'pygeoapi.io/result-value': result.value,
    });
    const others = pod.metadata?.finalizers?.filter((finalizer) => finalizer !== FINALIZER) ?? [];
    await this.cluster.core.patchNamespacedPod(
      {
        name: pod.metadata?.name ?? '',
        namespace: this.cluster.namespace,
        body: { metadata: { finalizers: others.length > 0 ? others : null } },
      },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
  }

  /** Waits until the Job controller has given the Job its condition. */
  async kubeJobEnded(name: string): Promise<V1Job> {
    return eventually(`${name} having ended`, async () => {
      const kubeJob = await this.kubeJob(name);
      const ended = kubeJob.status?.conditions?.some(
        ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
      );
      return ended ? kubeJob : undefined;
    });
  }
}
