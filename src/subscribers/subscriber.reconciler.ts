import { Injectable, Logger } from '@nestjs/common';
import { isGoing } from '../jobs/model/dismissal.js';
import { JobCache } from '../jobs/model/job-cache.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import type { Deliveries } from '../jobs/model/subscription.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { ownAnnotation } from '../k8s/names.js';
import type { ReconcileResult } from '../k8s/queues/work-queue.js';
import { Observer } from '../observation/observer.js';
import {
  type Answer,
  type DueDelivery,
  dueDelivery,
  isSettled,
  isTooLate,
  withAttempt,
  withHold,
} from './delivery-plan.js';
import { HostGate, type Held } from './host-gate.js';
import { MessageBody } from './message-body.js';
import { SubscriberCaller } from './subscriber-caller.js';

interface Attempt {
  readonly due: DueDelivery;
  /** Undefined where its host was not called. */
  readonly answer?: Answer;
  readonly at: Date;
  /** Milliseconds, in whole seconds. */
  readonly took?: number;
}

/**
 * Tells a job's subscribers what its state is. What has been told stands on the Job; an answer whose note could not be written is remembered, so that only a crash between the two
 * makes a repetition, which the message's id gives away.
 */
@Injectable()
export class SubscriberReconciler {
  private readonly logger = new Logger(SubscriberReconciler.name);
  /** Attempts that are not noted on their Jobs yet, by the Job's uid. */
  private readonly unwritten = new Map<string, Attempt>();

  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly body: MessageBody,
    private readonly caller: SubscriberCaller,
    private readonly observer: Observer,
    private readonly gate: HostGate,
  ) {}

  /** @param signal breaks a call off; it is made again later, by whoever leads then */
  async reconcile(name: string, now: Date, signal: AbortSignal): Promise<ReconcileResult> {
    const job = this.cache.jobs.get(name);
    if (!job?.subscription || isGoing(job)) {
      if (job) this.unwritten.delete(job.uid);
      return undefined;
    }
    // What is told cannot be taken back.
    if (job.disputed) return undefined;
    const unwritten = this.unwritten.get(job.uid);
    if (unwritten) return this.write(job, unwritten);
    const status = this.cache.statusOf(job);
    const due = dueDelivery(job, status, now);
    if (due && due.wait > 0) return { requeueAfter: due.wait };
    if (due) return this.deliver(job, due, now, signal);
    if (isSettled(job, status)) await this.putRetentionInForce(job);
    return undefined;
  }

  /** For Jobs that are gone. */
  forget(uid: string): void {
    this.unwritten.delete(uid);
  }

  private async deliver(job: JobRecord, due: DueDelivery, now: Date, signal: AbortSignal): Promise<ReconcileResult> {
    const turn = this.gate.enter(due.uri, now.getTime());
    if ('wait' in turn) return this.hold(job, due, turn, now);
    const began = performance.now();
    const passed = () => performance.now() - began;
    let answer: Answer | undefined;
    try {
      answer = await this.call(job, due, now, signal);
    } catch (error) {
      if (!signal.aborted) await this.noteSince(job, due, now);
      throw error;
    } finally {
      turn.leave(answer, now.getTime() + passed());
    }
    this.observer.subscriberCalled({
      event: due.event,
      result: answer.verdict,
      seconds: passed() / 1000,
    });
    this.logger.log(`The subscriber to ${due.event} of job ${job.name} answers ${answer.text}`);
    const attempt = { due, answer, at: now, took: Math.floor(passed() / 1000) * 1000 };
    this.unwritten.set(job.uid, attempt);
    return this.write(job, attempt);
  }

  /** A host that never answers keeps no message, and no Job, for longer than one that answers wrongly. */
  private async hold(job: JobRecord, due: DueDelivery, held: Held, now: Date): Promise<ReconcileResult> {
    return (held.isSilent ? await this.noteSince(job, due, now) : undefined) ?? { requeueAfter: held.wait };
  }

  /** Notes since when a message is not sent, for whatever reason: it is given up as one that nobody takes. @returns undefined where that is noted */
  private async noteSince(job: JobRecord, due: DueDelivery, now: Date): Promise<ReconcileResult> {
    const known = job.deliveries?.[due.event];
    const isNoted = known?.state === due.state && !isTooLate(known.first, now);
    // Of progress only the newest is told, and none once the job has ended.
    return isNoted || due.event === 'inProgress' ? undefined : this.write(job, { due, at: now });
  }

  private async call(job: JobRecord, due: DueDelivery, now: Date, signal: AbortSignal): Promise<Answer> {
    const { base } = job.subscription as NonNullable<JobRecord['subscription']>;
    const message = {
      id: due.messageId,
      uri: due.uri,
      body: await this.body.make(job, base),
      monitor: `${base}/jobs/${job.jobId}`,
      ...(job.owner === undefined ? {} : { owner: job.owner }),
    };
    return this.caller.call(message, now, signal);
  }

  /** Conditional on the version of the Job: a paused leader that wakes must not undo what another noted meanwhile. */
  private async write(job: JobRecord, attempt: Attempt): Promise<ReconcileResult> {
    const current = await this.patch(job, (latest) => {
      const deliveries = latest.deliveries ?? {};
      const known = deliveries[attempt.due.event];
      if (known?.state === attempt.due.state && known.status !== 'pending') return undefined;
      const { due, answer, at, took } = attempt;
      return answer ? withAttempt(deliveries, due, answer, at, took) : withHold(deliveries, due, at);
    });
    this.unwritten.delete(job.uid);
    // The next look is at the Job as it is now.
    return current ? { requeueAfter: 0 } : undefined;
  }

  private async patch(
    job: JobRecord,
    change: (latest: JobRecord) => Deliveries | undefined,
  ): Promise<JobRecord | undefined> {
    for (let latest: JobRecord | undefined = job; latest?.uid === job.uid;) {
      const deliveries = change(latest);
      if (!deliveries) return latest;
      try {
        const patched = await this.client.patchJob(job.name, {
          metadata: {
            uid: job.uid,
            resourceVersion: latest.resourceVersion,
            annotations: { [ownAnnotation.deliveries]: JSON.stringify(deliveries) },
          },
        });
        if (patched) this.cache.observe(patched);
        return patched && this.cache.recordOf(patched);
      } catch (error) {
        if (!(error instanceof KubernetesError) || error.failure !== 'conflict') throw error;
        const kubeJob = await this.client.getJob(job.name);
        latest = kubeJob && this.cache.recordOf(kubeJob);
      }
    }
    return undefined;
  }

  /** The configured retention, which waited for the subscribers; the finalizer must have collected before. */
  private async putRetentionInForce(job: JobRecord): Promise<void> {
    // Else with the word that the archive has it.
    if (this.cache.archives) return;
    const { ttlAfterCollected, ttlInForce, collection } = job;
    if (collection === 'pending' || ttlAfterCollected === undefined || ttlAfterCollected === ttlInForce) return;
    const patched = await this.client.patchJob(job.name, {
      metadata: { uid: job.uid },
      spec: { ttlSecondsAfterFinished: ttlAfterCollected },
    });
    if (patched) this.cache.observe(patched);
  }
}
