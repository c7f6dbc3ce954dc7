import { Injectable } from '@nestjs/common';
import { JobCache } from '../jobs/job-cache.js';
import type { JobRecord } from '../jobs/job-record.js';
import { JobTransfers } from '../jobs/job-transfers.js';
import { endOf, hasEnded, mainContainerOf, type PodRecord } from '../jobs/pod-record.js';
import { KubernetesClient } from '../k8s/kubernetes-client.js';
import { POD_FINALIZER } from '../k8s/names.js';
import type { ReconcileResult } from '../k8s/work-queue.js';
import { collectedPatch } from './job-patches.js';
import { LogCollector, type CollectedPod } from './log-collector.js';
import { LogFollower } from './log-follower.js';
import { LogHeads } from './log-heads.js';
import { LogStore } from './log-store.js';
import { OutcomeRecorder } from './outcome.recorder.js';

/** How long a follow may go on after its pod has ended, milliseconds. */
const FOLLOW_PATIENCE = 30_000;

/**
 * Brings what an ended pod leaves behind into safety and then lets the pod go. Correct from any state: each step sees whether it has been done, and the pod is
 * released only when all are.
 */
@Injectable()
export class PodReconciler {
  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly collector: LogCollector,
    private readonly follower: LogFollower,
    private readonly heads: LogHeads,
    private readonly logs: LogStore,
    private readonly recorder: OutcomeRecorder,
    private readonly transfers: JobTransfers,
  ) {}

  /** @param lookAgain is called when a followed log has ended */
  async reconcile(podName: string, lookAgain: () => void): Promise<ReconcileResult> {
    const pod = this.cache.pods.get(podName);
    if (!pod?.held) return undefined;
    const job = this.jobOf(pod);
    if (!hasEnded(pod)) {
      this.noteHead(pod, job);
      if (pod.deleting) await this.follower.ensure(pod, lookAgain);
      return undefined;
    }
    const session = this.follower.session(pod.uid);
    if (session?.active) {
      session.breakOffAfter(FOLLOW_PATIENCE, performance.now());
      return { requeueAfter: FOLLOW_PATIENCE };
    }
    const collected = await this.collector.collect(pod, mainContainerOf(pod, job), this.heads.headOf(pod.uid), session);
    try {
      await this.keep(pod, job, collected);
    } finally {
      await collected.dispose();
    }
    await this.client.removePodFinalizer(pod.name, pod.uid, POD_FINALIZER);
    await this.follower.forget(pod.uid);
    this.heads.forget(pod.uid);
    return undefined;
  }

  /** A small result is there at once even while the store is down: the two steps do not wait for each other. */
  private async keep(pod: PodRecord, job: JobRecord | undefined, collected: CollectedPod): Promise<void> {
    const finished = endOf(pod) ?? pod.created;
    const [stored, recorded] = await Promise.allSettled([
      this.logs.storeLog(pod.jobName, pod.uid, finished, collected.document),
      job ? this.recorder.record(job, pod, collected, new Date()) : undefined,
    ]);
    if (recorded.status === 'rejected') throw recorded.reason;
    if (stored.status === 'rejected') throw stored.reason;
    const current = this.jobOf(pod);
    if (!current?.outcome) return;
    await this.transfers.discard(current);
    await this.recorder.patch(current, collectedPatch(current, stored.value));
  }

  private noteHead(pod: PodRecord, job: JobRecord | undefined): void {
    const main = mainContainerOf(pod, job);
    if (main !== undefined && pod.containers.some(({ name, state }) => name === main && state === 'running'))
      this.heads.note(pod, main);
  }

  private jobOf(pod: PodRecord): JobRecord | undefined {
    const job = this.cache.jobs.get(pod.jobName);
    return job && (pod.jobUid === undefined || pod.jobUid === job.uid) ? job : undefined;
  }
}
