import type { CoreV1Event } from '@kubernetes/client-node';
import { jobIdOf } from '../../k8s/names.js';
import type { Change } from '../../k8s/informers/informer.js';
import { toDate } from '../../k8s/time/kubernetes-time.js';

/** An Event of a Kubernetes Job, as far as it is kept. */
export interface EventRecord {
  readonly jobName: string;
  readonly message: string;
  /** Milliseconds since the epoch, of whole seconds. */
  readonly at: number;
  /** Kueue took its place. */
  readonly stop?: true;
}

/** Of those that tell why Kueue took a job's place so many are kept: as many as there are attempts of such runs. */
const MOST_STOPS = 20;

/** Milliseconds after the end of a run that the Event of its stop may be: a program may end by itself in that moment. */
const LATEST = 2_000;

/** What Kubernetes tells of Jobs while they go: the newest of each, and why they lost their places. */
export class JobEvents {
  private readonly newest = new Map<string, EventRecord>();
  private readonly stops = new Map<string, readonly EventRecord[]>();

  newestOf(jobName: string): string | undefined {
    return this.newest.get(jobName)?.message;
  }

  /** Why Kueue took the job's place, in its words, while a run went on. */
  stopWithin(jobName: string, began: Date, ended: Date): string | undefined {
    const [from, to] = [began.getTime(), ended.getTime() + LATEST];
    return this.stops.get(jobName)?.find(({ at }) => at >= from && at <= to)?.message;
  }

  change({ record, previous }: Change<EventRecord>): void {
    if (!record) {
      if (previous) this.expire(previous);
      return;
    }
    const newest = this.newest.get(record.jobName);
    if (!newest || newest.at <= record.at) this.newest.set(record.jobName, record);
    if (!record.stop) return;
    const known = this.otherStops(record);
    this.stops.set(record.jobName, [...known, record].sort((a, b) => a.at - b.at).slice(-MOST_STOPS));
  }

  private expire(record: EventRecord): void {
    const { jobName } = record;
    if (this.newest.get(jobName) === record) this.newest.delete(jobName);
    const stops = this.otherStops(record);
    if (stops.length > 0) this.stops.set(jobName, stops);
    else this.stops.delete(jobName);
  }

  /** The words of a stop name the job that took the place: no two have the same. */
  private otherStops({ jobName, message }: EventRecord): EventRecord[] {
    return (this.stops.get(jobName) ?? []).filter((stop) => stop.message !== message);
  }

  forget(jobName: string): void {
    this.newest.delete(jobName);
    this.stops.delete(jobName);
  }
}

/** @returns undefined for one of another's Job */
export function toEventRecord(prefix: string, event: CoreV1Event): EventRecord | undefined {
  const name = event.involvedObject.name ?? '';
  if (jobIdOf(prefix, name) === undefined) return undefined;
  const at = toDate(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp);
  return {
    jobName: name,
    message: event.message ?? event.reason ?? '',
    at: at?.getTime() ?? 0,
    ...(event.reason === 'Stopped' ? { stop: true as const } : {}),
  };
}
