import type { Used } from '../jobs/model/run/used.js';
import { endOf, type PodRecord, startOf } from '../jobs/model/pod-record.js';
import type { PodMetrics } from '../k8s/client/pod-metrics.js';
import { scalarOf } from '../k8s/quantity.js';

/** Sums over the samples of a pod; times in milliseconds. */
interface Running {
  readonly uid: string;
  lastAt: number;
  /** How much time the samples stand for. */
  covered: number;
  cpu: number;
  memory: number;
  peak: number;
  samples: number;
}

const KINDS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };

/** What has been sampled of the pods that run, by their names: some numbers for each. */
export class RunningUse {
  private readonly pods = new Map<string, Running>();

  /** How many are kept in mind. */
  get size(): number {
    return this.pods.size;
  }

  /**
   * Takes a sample in. It stands for the time since the one before it, the first for its own window. One that was taken in before, one of
   * another pod of that name, one of no containers, which tells nothing, and one of init containers is passed over: of these metrics-server
   * tells the last one at most, once the others have begun.
   */
  add(pod: PodRecord, { timestamp, window, containers }: PodMetrics): void {
    const at = Date.parse(timestamp ?? '');
    const start = beginOf(pod)?.getTime();
    if (Number.isNaN(at) || start === undefined || at < start || !containers?.length) return;
    const known = this.pods.get(pod.name);
    const before = known?.uid === pod.uid ? known : undefined;
    if (before && at <= before.lastAt) return;
    const running = before ?? { uid: pod.uid, lastAt: 0, covered: 0, cpu: 0, memory: 0, peak: 0, samples: 0 };
    const time = before ? at - before.lastAt : Math.max(1, Math.min(millisecondsOf(window), at - start));
    const [cpu, memory] = (['cpu', 'memory'] as const).map((resource) =>
      containers.reduce((sum, { usage }) => sum + scalarOf(usage?.[resource]), 0),
    ) as [number, number];
    running.lastAt = at;
    running.covered += time;
    running.cpu += cpu * time;
    running.memory += memory * time;
    running.peak = Math.max(running.peak, memory);
    running.samples += 1;
    this.pods.set(pod.name, running);
  }

  /** From the end of its init containers on. Undefined for a pod of which there is no sample, or that has not ended. */
  of(pod: PodRecord): Used | undefined {
    const running = this.pods.get(pod.name);
    const [start, end] = [beginOf(pod), endOf(pod)];
    if (running?.uid !== pod.uid || !start || !end) return undefined;
    const seconds = (end.getTime() - start.getTime()) / 1000;
    return {
      cpuSeconds: rounded((running.cpu / running.covered) * seconds),
      memoryByteSeconds: Math.round((running.memory / running.covered) * seconds),
      memoryPeakBytes: Math.round(running.peak),
      samples: running.samples,
    };
  }

  /** @param isThere whether there still is a pod of this name */
  forget(isThere: (podName: string) => boolean): void {
    for (const name of this.pods.keys()) if (!isThere(name)) this.pods.delete(name);
  }
}

/** When the first of its containers started that is no init container. */
function beginOf({ containers }: PodRecord): Date | undefined {
  return startOf({ containers: containers.filter(({ init }) => !init) });
}

/** To the millisecond of a processor. */
function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** Of a duration as Go writes it: `15.3s`, `1m0s`; 0 where there is none. */
function millisecondsOf(duration: string | null): number {
  const parts = [...(duration ?? '').matchAll(/([\d.]+)(ms|[hms])/g)];
  return parts.reduce((sum, [, digits, unit = '']) => sum + Number(digits) * (KINDS[unit] ?? 0.001) * 1000, 0);
}
