import type { V1Job } from '@kubernetes/client-node';
import type { Change } from '../../k8s/informers/informer.js';
import type { JobRecord } from './job-record.js';

/** @param change of the Job itself; undefined: something else by which its status is known has changed */
export type JobChangeListener = (name: string, change?: Change<JobRecord>) => void;

/** Who is told that a job has changed, or one of its pods, or why it waits. */
export class JobChanges {
  private readonly ofOne = new Map<string, Set<() => void>>();
  private readonly ofAll = new Set<JobChangeListener>();
  private readonly states = new WeakMap<JobRecord, V1Job>();

  /** @param name of the Job @returns a function that ends this */
  onChange(name: string, listener: () => void): () => void {
    const listeners = this.ofOne.get(name) ?? new Set();
    this.ofOne.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.ofOne.get(name) === listeners) this.ofOne.delete(name);
    };
  }

  /** As {@link onChange}, of every job. */
  onAnyChange(listener: JobChangeListener): () => void {
    this.ofAll.add(listener);
    return () => void this.ofAll.delete(listener);
  }

  notify(name: string, change?: Change<JobRecord>): void {
    for (const listener of [...(this.ofOne.get(name) ?? [])]) listener();
    for (const listener of this.ofAll) listener(name, change);
  }

  /** Keeps the whole of a state that somebody waits for, as long as its record is there: what it says need not be asked for. @returns the record */
  noted(record: JobRecord | undefined, kubeJob: V1Job): JobRecord | undefined {
    if (record && this.ofOne.has(record.name)) this.states.set(record, kubeJob);
    return record;
  }

  /** What {@link noted} has kept of this very state; once. */
  takeState(record: JobRecord): V1Job | undefined {
    const state = this.states.get(record);
    this.states.delete(record);
    return state;
  }
}
