import type { V1Container } from '@kubernetes/client-node';
import type { EventRecorder } from '../objects/event-recorder.js';
import { timestamp, type ContainerStatus, type Pod } from '../objects/kubernetes-object.js';
import type { ObjectRegistry } from '../objects/object-registry.js';
import { pods } from '../objects/resources.js';
import { endedStatus, isSidecar, podStatus, waitingStatus, type Verdict } from './pod-status.js';

/** When a status that could not be written is tried again, milliseconds. */
const RETRY = 1_000;

/**
 * What the kubelet tells of a pod: its status, and events. Never throws: a status that cannot be written, on a full disk, is written as
 * soon as it can be; an event is left out.
 */
export class PodReport {
  private readonly statuses = new Map<string, ContainerStatus>();
  private readonly startTime = timestamp();
  private verdict: Verdict = {};
  private timer: NodeJS.Timeout | undefined;
  private isFailing = false;
  private isLastTry = false;
  private onWritten: () => void = () => undefined;

  constructor(
    private readonly pod: Pod,
    private readonly registry: ObjectRegistry,
    private readonly recorder: EventRecorder,
    /** Is told of what cannot be written, once until something can be. */
    private readonly onError: (error: unknown) => void,
  ) {
    const { initContainers = [], containers } = pod.spec;
    for (const container of initContainers)
      this.statuses.set(container.name, waitingStatus(container, 'PodInitializing'));
    const reason = initContainers.length > 0 ? 'PodInitializing' : 'ContainerCreating';
    for (const container of containers) this.statuses.set(container.name, waitingStatus(container, reason));
  }

  statusOf(container: V1Container): ContainerStatus {
    return this.statuses.get(container.name) ?? waitingStatus(container, 'ContainerCreating');
  }

  set(container: V1Container, change: Partial<ContainerStatus>): void {
    this.statuses.set(container.name, { ...this.statusOf(container), ...change });
    this.write();
  }

  /** Of the pod as a whole, or of one of its containers. */
  event(type: 'Normal' | 'Warning', reason: string, message: string, container?: V1Container): void {
    const init = container !== undefined && this.pod.spec.initContainers?.includes(container);
    const from = { component: 'kubelet', ...(container && { container: container.name, init }) };
    this.attempt(() => {
      if (this.currentPod()) this.recorder.record(this.pod, type, reason, message, from);
    });
  }

  /** Writes the status as it is now. */
  write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const isDone = this.attempt(() => this.update()) || this.isLastTry;
    if (isDone) this.onWritten();
    else this.timer = setTimeout(() => this.write(), RETRY);
  }

  /**
   * Says that the pod has ended.
   * @param verdict why it was ended; absent: by itself
   * @returns resolves when that is written, or the pod is gone, or the cluster stops
   */
  conclude(initialised: boolean, verdict: Verdict | undefined): Promise<void> {
    const all = this.pod.spec.containers.map((container) => this.statusOf(container));
    const succeeded = initialised && all.every(({ state }) => state.terminated?.exitCode === 0);
    if (verdict) for (const [name, status] of this.statuses) this.statuses.set(name, endedStatus(status));
    this.verdict = { phase: succeeded ? 'Succeeded' : 'Failed', ...verdict };
    return new Promise((resolve) => {
      this.onWritten = resolve;
      this.write();
    });
  }

  /** From now on what cannot be written is not tried again. */
  tryOnlyOnce(): void {
    this.isLastTry = true;
    if (this.timer) this.write();
  }

  /** The pod's object, as long as it is this pod's. */
  currentPod(): Pod | undefined {
    const { namespace, name, uid } = this.pod.metadata;
    const current = this.registry.store.get(pods, namespace, name);
    return current?.metadata.uid === uid ? current : undefined;
  }

  /** A regular init container is ready once it has succeeded. */
  isRegularInit(container: V1Container): boolean {
    return (this.pod.spec.initContainers?.includes(container) ?? false) && !isSidecar(container);
  }

  private update(): void {
    const current = this.currentPod();
    if (!current) return;
    const status = podStatus(current, this.statuses, this.startTime, this.verdict);
    this.registry.update(pods, current.metadata.namespace, current.metadata.name, (draft) => {
      draft.status = status;
    });
  }

  private attempt(action: () => void): boolean {
    try {
      action();
      this.isFailing = false;
      return true;
    } catch (error) {
      if (!this.isFailing) this.onError(error);
      this.isFailing = true;
      return false;
    }
  }
}
