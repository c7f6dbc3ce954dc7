import { Injectable } from '@nestjs/common';
import { text } from 'node:stream/consumers';
import type { ContainerRecord, PodRecord } from '../jobs/model/pod-record.js';
import { KubernetesClient, type ReadLogOptions } from '../k8s/client/kubernetes-client.js';

/** A time as the kubelet prints it has at most 35 characters; a blank follows. */
const STAMP_BYTES = 40;
/** A first line of that age, milliseconds, was the first: what a node rotates has grown for longer. */
const AT_ONCE = 2_000;

interface Note {
  readonly abort: AbortController;
  /** Milliseconds of a monotonic clock. */
  readonly since: number;
  /** Whether the container was seen before it ran, so that nobody can have rotated its log before the note. */
  readonly witnessed: boolean;
  /** Undefined while nothing has been printed. */
  first?: string;
}

/**
 * When the logs of running pods began: the time of the first line, to the nanosecond, which no other line has. The kubelet rotates logs, and the API gives only the newest file of
 * one (https://kubernetes.io/docs/concepts/cluster-administration/logging/#log-rotation): a log that begins at another time when its pod has ended is not whole.
 */
@Injectable()
export class LogHeads {
  private readonly notes = new Map<string, Note>();
  private readonly waiting = new Set<string>();

  constructor(private readonly client: KubernetesClient) {}

  /** The pod's main container does not run yet. */
  seenWaiting(podUid: string): void {
    this.waiting.add(podUid);
  }

  /**
   * Notes in the background when the container's log begins, once for each pod; no answer is no harm, but nothing is known of that log then.
   * @param onKnown is called when its first line is there
   */
  note(pod: PodRecord, container: string, now: number, onKnown: () => void): void {
    if (this.notes.has(pod.uid)) return;
    const note: Note = { abort: new AbortController(), since: now, witnessed: this.waiting.has(pod.uid) };
    this.notes.set(pod.uid, note);
    this.stampOf(pod.name, container, { follow: true, signal: note.abort.signal }).then(
      (stamp) => {
        if (stamp === undefined) return void this.notes.delete(pod.uid);
        note.first = stamp;
        if (stamp !== '') onKnown();
      },
      () => void this.notes.delete(pod.uid),
    );
  }

  /** The time of the first line, or `''` where the log ended without one. Undefined where nothing is known, or what is known may be of a log that was rotated before. */
  firstOf(podUid: string, container: ContainerRecord | undefined): string | undefined {
    const note = this.notes.get(podUid);
    if (note?.first === undefined) return undefined;
    return note.witnessed || isAtOnce(note.first, container) ? note.first : undefined;
  }

  /** How long ago the note was begun, milliseconds. */
  ageOf(podUid: string, now: number): number | undefined {
    const note = this.notes.get(podUid);
    return note && now - note.since;
  }

  /** The time of the log's first line now; `''` where it has none, undefined where the node says in its place why it cannot be read. @throws KubernetesError */
  async stampOf(podName: string, container: string, options: ReadLogOptions = {}): Promise<string | undefined> {
    const begun = await text(
      await this.client.readLog(podName, container, { ...options, timestamps: true, limitBytes: STAMP_BYTES }),
    );
    if (begun === '') return '';
    const stamp = begun.slice(0, Math.max(0, begun.indexOf(' ')));
    return Number.isNaN(Date.parse(stamp)) ? undefined : stamp;
  }

  forget(podUid: string): void {
    const note = this.notes.get(podUid);
    this.notes.delete(podUid);
    this.waiting.delete(podUid);
    note?.abort.abort();
  }

  forgetAll(): void {
    for (const uid of [...this.notes.keys(), ...this.waiting]) this.forget(uid);
  }
}

/** Both times are the node's. */
export function isAtOnce(stamp: string, container: Pick<ContainerRecord, 'startedAt'> | undefined): boolean {
  const started = container?.startedAt?.getTime();
  return started !== undefined && stamp !== '' && Date.parse(stamp) - started <= AT_ONCE;
}
