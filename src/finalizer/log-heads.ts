import { Injectable } from '@nestjs/common';
import { buffer } from 'node:stream/consumers';
import type { PodRecord } from '../jobs/pod-record.js';
import { KubernetesClient } from '../k8s/kubernetes-client.js';

/** So many bytes of a log's beginning are noted: more than two logs' beginnings have in common. */
const HEAD_BYTES = 256;

/**
 * How the logs of running pods begin. The kubelet rotates logs, and the API gives only the newest file of one
 * (https://kubernetes.io/docs/concepts/cluster-administration/logging/#log-rotation): a log that begins otherwise when its pod has ended is not whole.
 */
@Injectable()
export class LogHeads {
  private readonly notes = new Map<string, { readonly abort: AbortController; head?: Buffer }>();

  constructor(private readonly client: KubernetesClient) {}

  /** Notes in the background how the container's log begins, once for each pod; no answer is no harm, but nothing is known of that log then. */
  note(pod: PodRecord, container: string): void {
    if (this.notes.has(pod.uid)) return;
    const note: { readonly abort: AbortController; head?: Buffer } = { abort: new AbortController() };
    this.notes.set(pod.uid, note);
    this.client
      .readLog(pod.name, container, { follow: true, limitBytes: HEAD_BYTES, signal: note.abort.signal })
      .then((stream) => buffer(stream))
      .then(
        (head) => void (note.head = head),
        () => void this.notes.delete(pod.uid),
      );
  }

  /** Undefined where nothing is known. */
  headOf(podUid: string): Buffer | undefined {
    return this.notes.get(podUid)?.head;
  }

  forget(podUid: string): void {
    const note = this.notes.get(podUid);
    this.notes.delete(podUid);
    note?.abort.abort();
  }

  forgetAll(): void {
    for (const uid of [...this.notes.keys()]) this.forget(uid);
  }
}
