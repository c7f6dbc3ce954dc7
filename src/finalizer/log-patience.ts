import { Injectable } from '@nestjs/common';
import type { PodRecord } from '../jobs/model/pod-record.js';

/** Why a log may lack its end: it is `empty`, a result in it is `damaged`, or its last line is `unfinished`. It may be there though its node says that it is not: it is `unread`. */
export type Doubt = 'empty' | 'damaged' | 'unfinished' | 'unread';

/** Milliseconds until the log is read again, the first time, the second ... */
const WAITS: Readonly<Record<Doubt, readonly number[]>> = {
  unfinished: [100],
  empty: [100, 300, 800],
  damaged: [100, 300, 800, 1_600, 3_200],
  unread: [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000],
};

/**
 * How often logs are read again before they are believed. A container runtime may write the last of a log after it has said that the container has ended (containerd copies
 * the container's output in the background), so that a log that is read at once may lack its end. How long ago that was is not asked: clocks of nodes may be wrong. A kubelet that starts
 * does not know its pods yet, and while the container runtime does not answer it has logs of none: for two minutes it is not believed that a log is lost.
 */
@Injectable()
export class LogPatience {
  private readonly readings = new Map<string, number>();

  /** Milliseconds to wait before the pod's logs are read again; undefined: they are believed. */
  waitFor(pod: Pick<PodRecord, 'uid'>, doubts: readonly Doubt[]): number | undefined {
    const reading = this.readings.get(pod.uid) ?? 0;
    const waits = doubts.map((doubt) => WAITS[doubt][reading]).filter((wait) => wait !== undefined);
    if (waits.length === 0) return undefined;
    this.readings.set(pod.uid, reading + 1);
    return Math.max(...waits);
  }

  forget(podUid: string): void {
    this.readings.delete(podUid);
  }
}
