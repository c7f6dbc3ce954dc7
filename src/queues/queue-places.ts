import { Injectable, Logger } from '@nestjs/common';
import type { KubernetesObject } from '@kubernetes/client-node';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { type Clock, systemClock } from '../k8s/time/clock.js';
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
  /** Likewise, of the last answer. */
  known: ReadonlyMap<string, number> | undefined;
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
  clock: Clock = systemClock;

  constructor(
    private readonly objects: ObjectClient,
    private readonly client: KubernetesClient,
  ) {}

  /** The status of a job that waits with its place, from 1, where that is known: not behind the first thousand, and only where Kueue says. Never rejects. */
  async addTo<Status extends QueuedStatus>(status: Status, { name }: { readonly name: string }): Promise<Status> {
    return this.isAsked(status) ? withPlace(status, await this.placeOf(status.queue?.name ?? '', name)) : status;
  }

  /** Likewise, of what was answered before. */
  withKnown<Status extends QueuedStatus>(status: Status, { name }: { readonly name: string }): Status {
    return this.isAsked(status)
      ? withPlace(status, this.known.get(status.queue?.name ?? '')?.known?.get(name))
      : status;
  }

  /** Whether Kueue is asked for a job in this status. */
  isAsked({ status, queue }: QueuedStatus): boolean {
    return status === 'accepted' && queue?.name !== undefined && queue.reason !== undefined;
  }

  private async placeOf(queueName: string, jobName: string): Promise<number | undefined> {
    const now = this.clock.now();
    let places = this.known.get(queueName);
    if (!places || places.at <= now - ASK_EVERY) {
      if (this.failedAt > now - ASK_AGAIN) return undefined;
      places = { at: now, ofJobs: this.ask(queueName), known: places?.known };
      this.known.set(queueName, places);
    }
    places.known = await places.ofJobs;
    return places.known.get(jobName);
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
      this.failedAt = this.clock.now();
      return new Map();
    }
  }
}

function withPlace<Status extends QueuedStatus>(status: Status, position: number | undefined): Status {
  return position === undefined ? status : { ...status, queue: { ...status.queue, position } };
}
