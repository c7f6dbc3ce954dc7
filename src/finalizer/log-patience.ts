import { Injectable } from '@nestjs/common';
import type { PodRecord } from '../jobs/pod-record.js';

/** Why a log may lack its end: it is `empty`, a result in it is `damaged`, or its last line is `unfinished`. */
export type Doubt = 'empty' | 'damaged' | 'unfinished';

/** Milliseconds until the log is read again, the first time, the second ... */
const WAITS: Readonly<Record<Doubt, readonly number[]>> = {
  unfinished: [100],
  empty: [100, 300, 800],
  damaged: [100, 300, 800, 1600],
};

/**
 * How often logs are read again before they are believed. A container runtime may write the last of a log after it has said that the container has ended (containerd copies
 * the container's output in the background), so that a log that is read at once may lack its end. How long ago that was is not asked: clocks of nodes may be wrong.
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
