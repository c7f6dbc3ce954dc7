import { KubeConfig, type V1Pod, Watch } from '@kubernetes/client-node';
import type { TestCluster } from './cluster.js';

/** The pods of jobs in a namespace, as a watch brings them. */
export class RunningPods {
  /** The most that had not ended at the same time. */
  most = 0;
  private readonly alive = new Set<string>();
  private readonly byJob = new Map<string, Set<string>>();
  private readonly ending = new AbortController();
  private readonly mostOf = new Map<string, number>();

  private constructor(private readonly groupOf: (jobName: string) => string) {}

  /** @param groupOf what pods are counted by, beside all of them; by name of the Job */
  static async watch(cluster: TestCluster, groupOf: (jobName: string) => string = () => ''): Promise<RunningPods> {
    const pods = new RunningPods(groupOf);
    const config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
    const path = `/api/v1/namespaces/${cluster.namespace}/pods`;
    const request = await new Watch(config).watch(
      path,
      {},
      (type: string, pod: V1Pod) => pods.see(type, pod),
      (error: unknown) => {
        if (!pods.ending.signal.aborted) throw new Error(`the watch has ended: ${String(error)}`);
      },
    );
    pods.ending.signal.addEventListener('abort', () => request.abort());
    return pods;
  }

  /** How many pods the Job has had. */
  of(jobName: string): number {
    return this.byJob.get(jobName)?.size ?? 0;
  }

  /** As {@link most}, of one group. */
  mostOfGroup(group: string): number {
    return this.mostOf.get(group) ?? 0;
  }

  end(): void {
    this.ending.abort();
  }

  private see(type: string, { metadata, status }: V1Pod): void {
    const job = metadata?.labels?.['job-name'];
    const uid = metadata?.uid ?? '';
    if (job === undefined) return;
    this.byJob.set(job, (this.byJob.get(job) ?? new Set()).add(uid));
    const key = `${job}/${uid}`;
    if (type === 'DELETED' || status?.phase === 'Succeeded' || status?.phase === 'Failed') this.alive.delete(key);
    else this.alive.add(key);
    this.most = Math.max(this.most, this.alive.size);
    const group = this.groupOf(job);
    const alive = [...this.alive].filter((each) => this.groupOf(each.split('/')[0] ?? '') === group).length;
    this.mostOf.set(group, Math.max(this.mostOfGroup(group), alive));
  }
}
