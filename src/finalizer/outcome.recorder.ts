import { Injectable } from '@nestjs/common';
import { causeOfFailedPod } from '../jobs/job-cause.js';
import { JobCache } from '../jobs/job-cache.js';
import type { JobCause, JobOutcome } from '../jobs/job-outcome.js';
import type { JobRecord } from '../jobs/job-record.js';
import { endOf, startOf, type PodRecord } from '../jobs/pod-record.js';
import { KubernetesClient, type JobPatch } from '../k8s/kubernetes-client.js';
import { KubernetesError } from '../k8s/kubernetes-error.js';
import { ownAnnotation } from '../k8s/names.js';
import { ObjectStoreError } from '../object-store/object-store.js';
import { outcomePatch } from './job-patches.js';
import type { CollectedPod } from './log-collector.js';
import { LogStore } from './log-store.js';

/** Results up to so many bytes are kept in the Job's annotation, larger ones in the object store. */
export const INLINE_LIMIT = 16 * 1024;
/** The same while there is no object store; all annotations of an object together may have 256 KiB. */
export const INLINE_LIMIT_WITHOUT_STORE = 128 * 1024;

/** Writes to the Kubernetes Job how it ended. */
@Injectable()
export class OutcomeRecorder {
  constructor(
    private readonly client: KubernetesClient,
    private readonly cache: JobCache,
    private readonly logs: LogStore,
  ) {}

  /**
   * Records the outcome that this pod's end means for its job; nothing where one is recorded already, where the job is being dismissed, or where the Job
   * controller will try again.
   * @throws ObjectStoreError, KubernetesError: nothing was recorded
   */
  async record(job: JobRecord, pod: PodRecord, collected: CollectedPod, now: Date): Promise<void> {
    if (job.outcome || job.deleting || job.dismissed !== undefined) return;
    const times = { started: startOf(pod)?.toISOString(), finished: (endOf(pod) ?? now).toISOString() };
    if (pod.phase === 'Succeeded') {
      await this.recordSuccess(job, pod, collected, times);
    } else if (job.backoffLimit === 0 || job.condition?.type === 'Failed') {
      const cause = causeOfFailedPod(pod);
      const container = pod.containers.find(({ name }) => name === cause.container);
      const tail = collected.tails.get(cause.container ?? '') || (container?.hasRun ? container.message : undefined);
      await this.recordOnce(job, outcomePatch(job, failed(cause, times, tail)));
    }
  }

  /**
   * Records an outcome where none is recorded yet: a leader that was paused, and woke when another had taken over, changes nothing that the other has written.
   * A Job that has changed otherwise since it was looked at is looked at again, not waited for.
   */
  private async recordOnce(job: JobRecord, patch: JobPatch): Promise<void> {
    for (let version = job.resourceVersion; ;) {
      try {
        return await this.patch(job, { ...patch, metadata: { ...patch.metadata, resourceVersion: version } });
      } catch (error) {
        if (!(error instanceof KubernetesError) || error.failure !== 'conflict') throw error;
        const kubeJob = await this.client.getJob(job.name);
        const { uid, resourceVersion, deletionTimestamp, annotations = {} } = kubeJob?.metadata ?? {};
        if (kubeJob) this.cache.observe(kubeJob);
        if (uid !== job.uid || deletionTimestamp || annotations[ownAnnotation.outcome] !== undefined) return;
        if (annotations[ownAnnotation.dismissed] !== undefined || resourceVersion === undefined) return;
        version = resourceVersion;
      }
    }
  }

  /** Applies a patch and takes over the answer at once; nothing where the Job is gone. */
  async patch(job: Pick<JobRecord, 'name'>, patch: JobPatch): Promise<void> {
    const patched = await this.client.patchJob(job.name, patch);
    if (patched) this.cache.observe(patched);
  }

  private async recordSuccess(
    job: JobRecord,
    pod: PodRecord,
    { result, mainLogMissing, mainLogCut }: CollectedPod,
    times: Pick<JobOutcome, 'started' | 'finished'>,
  ): Promise<void> {
    if (mainLogMissing !== undefined) {
      const message = `The job ended well, but its log, which would hold its result, cannot be read: ${mainLogMissing}`;
      return this.recordOnce(job, outcomePatch(job, failed({ type: 'result-lost', message }, times)));
    }
    if (!result && mainLogCut) {
      const message =
        'The job ended well, but wrote more than its node keeps of a log, so that its beginning, and with it any result, is lost. Print less, or raise containerLogMaxSize of the kubelet.';
      return this.recordOnce(job, outcomePatch(job, failed({ type: 'result-lost', message }, times)));
    }
    const outcome: JobOutcome = { status: 'successful', ...times };
    if (!result) return this.recordOnce(job, outcomePatch(job, outcome));
    const mediaType = result.mediaType ?? job.mimetype ?? 'application/json';
    const text = result.body.size <= INLINE_LIMIT_WITHOUT_STORE ? asText(await result.body.bytes()) : undefined;
    const inline = text === undefined ? undefined : { inline: { value: text, mediaType } };
    if (inline && result.body.size <= INLINE_LIMIT) return this.recordOnce(job, outcomePatch(job, outcome, inline));
    try {
      const key = await this.logs.storeResult(job.name, pod.uid, new Date(times.finished), result.body, mediaType);
      const stored = { key, size: result.body.size, digest: `sha256:${result.body.digest()}`, mediaType };
      await this.recordOnce(job, outcomePatch(job, outcome, { stored }));
    } catch (error) {
      if (!inline || !(error instanceof ObjectStoreError) || error.failure !== 'not-configured') throw error;
      await this.recordOnce(job, outcomePatch(job, outcome, inline));
    }
  }
}

export function failed(cause: JobCause, times: Pick<JobOutcome, 'started' | 'finished'>, logTail?: string): JobOutcome {
  return { status: 'failed', ...times, cause, ...(logTail ? { logTail } : {}) };
}

/** Undefined where the bytes are no UTF-8, so that an annotation would change them. */
function asText(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
