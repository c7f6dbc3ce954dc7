import { Injectable, Logger } from '@nestjs/common';
import type { Readable } from 'node:stream';
import type { ContainerRecord, PodRecord } from '../jobs/model/pod-record.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { Spool } from '../jobs/results/spool.js';
import { CollectionRoom, type Place } from './collection-room.js';
import { CutLog } from './cut-log.js';

interface FollowedContainer {
  readonly log: CutLog;
  state: 'opening' | 'open' | 'complete' | 'broken';
}

/** How often a node may say that it does not know a pod before it is believed: its kubelet may have started just now. With the work queue's delays that takes a minute or two. */
const MOST_REFUSALS = 10;

/** What was read of one pod's containers while they were being ended. */
export class FollowSession {
  /** How often the node did not know the pod. */
  refusals = 0;
  readonly containers = new Map<string, FollowedContainer>();
  readonly abort = new AbortController();
  /** Since when the pod is known to have ended. */
  private endedSince: number | undefined;

  constructor(readonly place: Place) {}

  /** Whether a stream is still open. */
  get active(): boolean {
    return [...this.containers.values()].some(({ state }) => state === 'opening' || state === 'open');
  }

  /**
   * Waits for streams of a pod that has ended, but not for ever: one that its API server has forgotten is broken off.
   * @param patience milliseconds
   */
  breakOffAfter(patience: number, now: number): void {
    this.endedSince ??= now;
    if (now - this.endedSince >= patience) this.abort.abort();
  }

  async dispose(): Promise<void> {
    this.abort.abort();
    for (const { log } of this.containers.values()) await log.spool.dispose();
    this.place.leave();
  }
}

/**
 * Follows the logs of pods that are about to go. Once a pod's containers are removed their logs cannot be read any more, so a follow must be open
 * before that.
 */
@Injectable()
export class LogFollower {
  private readonly logger = new Logger(LogFollower.name);
  private readonly sessions = new Map<string, FollowSession>();

  constructor(
    private readonly client: KubernetesClient,
    private readonly room: CollectionRoom,
  ) {}

  session(podUid: string): FollowSession | undefined {
    return this.sessions.get(podUid);
  }

  /**
   * Opens a follow on each container of the pod that has run and is not followed yet; one that broke off while its container runs is opened anew. Resolves when
   * all are open, or will never be.
   * @throws KubernetesError where one cannot be opened now but may be later: the pod must not be deleted yet
   * @param onEnd called when a followed stream has ended
   */
  async ensure(pod: PodRecord, onEnd: () => void): Promise<void> {
    const session = this.sessions.get(pod.uid) ?? new FollowSession(this.room.forFollowing());
    this.sessions.set(pod.uid, session);
    const opening = pod.containers
      .filter((container) => container.hasRun && isWanting(container, session.containers.get(container.name)))
      .map((container) => this.open(session, pod, container.name, onEnd));
    await Promise.all(opening);
  }

  async forget(podUid: string): Promise<void> {
    const session = this.sessions.get(podUid);
    this.sessions.delete(podUid);
    await session?.dispose();
  }

  async forgetAll(): Promise<void> {
    for (const uid of [...this.sessions.keys()]) await this.forget(uid);
  }

  private async open(session: FollowSession, pod: PodRecord, container: string, onEnd: () => void): Promise<void> {
    const before = session.containers.get(container);
    const followed: FollowedContainer = { log: new CutLog(new Spool(), session.place), state: 'opening' };
    session.containers.set(container, followed);
    await before?.log.discard();
    try {
      const stream = await this.client.readLog(pod.name, container, { follow: true, signal: session.abort.signal });
      followed.state = 'open';
      void this.drain(stream, followed, pod, container).finally(onEnd);
    } catch (error) {
      if (error instanceof KubernetesError && error.failure === 'not-on-node') session.refusals += 1;
      if (error instanceof KubernetesError && error.retryable && session.refusals <= MOST_REFUSALS) {
        session.containers.delete(container);
        throw error;
      }
      followed.state = 'broken';
      this.logger.warn(`The log of container ${container} of pod ${pod.name} cannot be followed: ${messageOf(error)}`);
    }
  }

  private async drain(stream: Readable, followed: FollowedContainer, pod: PodRecord, container: string): Promise<void> {
    try {
      for await (const chunk of stream) await followed.log.write(chunk as Buffer);
      followed.state = 'complete';
    } catch (error) {
      followed.state = 'broken';
      this.logger.warn(`Following the log of container ${container} of pod ${pod.name} broke off: ${messageOf(error)}`);
    }
  }
}

function isWanting(container: ContainerRecord, followed: FollowedContainer | undefined): boolean {
  return followed === undefined || (followed.state === 'broken' && container.state === 'running');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
