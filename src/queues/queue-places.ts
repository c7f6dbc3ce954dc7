import { Injectable, Logger } from '@nestjs/common';
import type { KubernetesObject } from '@kubernetes/client-node';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { ObjectClient } from '../k8s/client/object-client.js';

/** https://kueue.sigs.k8s.io/docs/tasks/manage/monitor_pending_workloads/pending_workloads_on_demand/ */
interface PendingWorkloads extends KubernetesObject {
  readonly items?: readonly {
    readonly metadata?: KubernetesObject['metadata'];
    readonly positionInLocalQueue: number;
  }[];
}

interface QueuedStatus {
  readonly status: string;
  /** With a reason: it waits. */
  readonly queue?: { readonly name?: string; readonly reason?: string; readonly position?: number };
}

interface Places {
  readonly at: number;
  /** By name of the Job, from 1. Never rejects. */
  readonly ofJobs: Promise<ReadonlyMap<string, number>>;
}

/** A queue is asked at most so often, milliseconds, and only while somebody looks. */
const ASK_EVERY = 3_000;
/** One that could not be asked, milliseconds. */
const ASK_AGAIN = 60_000;

/** The places of jobs in their queues, which Kueue says on demand: one question for all jobs of a queue. */
@Injectable()
export class QueuePlaces {
  private readonly logger = new Logger(QueuePlaces.name);
  private readonly known = new Map<string, Places>();
  private failedAt = -Infinity;

  constructor(
    private readonly objects: ObjectClient,
    private readonly client: KubernetesClient,
  ) {}

  /** The status of a job that waits with its place, from 1, where that is known: not behind the first thousand, and only where Kueue says. Never rejects. */
  async addTo<Status extends QueuedStatus>(status: Status, { name }: { readonly name: string }): Promise<Status> {
    const { name: queueName, reason } = status.queue ?? {};
    if (status.status !== 'accepted' || queueName === undefined || reason === undefined) return status;
    const position = await this.placeOf(queueName, name);
    return position === undefined ? status : { ...status, queue: { ...status.queue, position } };
  }

  private async placeOf(queueName: string, jobName: string): Promise<number | undefined> {
    const now = performance.now();
    let places = this.known.get(queueName);
    if (!places || places.at <= now - ASK_EVERY) {
      if (this.failedAt > now - ASK_AGAIN) return undefined;
      places = { at: now, ofJobs: this.ask(queueName) };
      this.known.set(queueName, places);
    }
    return (await places.ofJobs).get(jobName);
  }

  private async ask(queueName: string): Promise<ReadonlyMap<string, number>> {
    const queues = 'localqueues.visibility.kueue.x-k8s.io';
    const { namespace } = this.client;
    try {
      const answer = await this.objects.get<PendingWorkloads>(queues, namespace, queueName, 'pendingworkloads');
      return new Map(
        (answer?.items ?? []).flatMap(({ metadata, positionInLocalQueue }) =>
          (metadata?.ownerReferences ?? []).map((owner) => [owner.name, positionInLocalQueue + 1] as const),
        ),
      );
    } catch (error) {
      if (this.failedAt === -Infinity)
        this.logger.warn(`Places in queues are not shown: ${error instanceof Error ? error.message : String(error)}`);
      this.failedAt = performance.now();
      return new Map();
    }
  }
}
