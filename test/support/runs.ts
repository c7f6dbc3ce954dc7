import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { TestCluster } from './cluster.js';
import type { StatusInfo } from './test-bed.js';
import { eventually } from './wait.js';

const MERGE_PATCH = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

/** The status of a job that may have run more than once. */
export type Attempted = StatusInfo & {
  readonly attempts?: readonly {
    readonly attempt: number;
    readonly pod: string;
    readonly cause: { readonly type: string };
  }[];
};

/** What the cluster knows of the runs of jobs, by the ids of these. */
export class Runs {
  constructor(private readonly cluster: TestCluster) {}

  async kubeJob(id: string) {
    return (await this.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(id));
  }

  async pods(id: string) {
    return (await this.cluster.pods()).filter(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(id));
  }

  async setSuspended(id: string, suspend: boolean): Promise<void> {
    const { batch, namespace } = this.cluster;
    const name = (await this.kubeJob(id))?.metadata?.name ?? '';
    await batch.patchNamespacedJob({ name, namespace, body: { spec: { suspend } } }, MERGE_PATCH);
  }

  /** Has the status of a Job that was resumed say nothing of its suspension. */
  async forgetSuspension(id: string): Promise<void> {
    const { batch, namespace } = this.cluster;
    await eventually('its status having lost the condition', async () => {
      const { metadata, status } = (await this.kubeJob(id)) ?? {};
      const conditions = status?.conditions?.filter(({ type }) => type !== 'Suspended') ?? [];
      if (conditions.length === status?.conditions?.length) return false;
      const { name = '', resourceVersion } = metadata ?? {};
      const body = { metadata: { resourceVersion }, status: { conditions } };
      await batch.patchNamespacedJobStatus({ name, namespace, body }, MERGE_PATCH);
      return true;
    });
  }

  /** How many pods of the job have run a container, as the kubelet says. */
  async started(id: string): Promise<number> {
    const { core, namespace } = this.cluster;
    const fieldSelector = 'involvedObject.kind=Pod,reason=Started';
    const { items } = await core.listNamespacedEvent({ namespace, fieldSelector });
    return new Set(items.map(({ involvedObject: { name = '' } }) => name).filter((name) => name.includes(id))).size;
  }
}

/** The pods that the heading of a log names. */
export function podsOfLog(log: string): readonly string[] {
  return [...log.matchAll(/^Logs of pod '(.+)'/gm)].map(([, pod = '']) => pod);
}
