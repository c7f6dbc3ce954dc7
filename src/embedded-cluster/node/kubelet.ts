import { rmSync } from 'node:fs';
import { KeyedQueue } from '../objects/keyed-queue.js';
import { isTerminal, keyOf, partsOf, timestamp, type Pod } from '../objects/kubernetes-object.js';
import { endedStatus, NODE_NAME, podStatus } from './pod-status.js';
import { PodWorker, type Machinery } from './pod-worker.js';
import { pods } from '../objects/resources.js';
import { MAX_PODS, unschedulableReason } from './scheduler.js';

/** Grace of the pods that run when the cluster is stopped, seconds; less where the pod has less. */
const STOP_GRACE = 3;
/** Key of all pods that wait for a place. */
const WAITING = 'waiting';

interface Running {
  readonly pod: Pod;
  readonly worker: PodWorker;
  readonly ended: Promise<void>;
  /** Of its deletion, as it was told, seconds; undefined where it is not deleted. */
  grace?: number;
}

/**
 * The scheduler and the kubelet of the one node: gives every pod a worker, ends it when the pod is deleted, and lets deleted pods go. What
 * fails, on a full disk, is tried again.
 */
export class Kubelet {
  /** By uid, as those that wait. */
  private readonly workers = new Map<string, Running>();
  private readonly waiting = new Map<string, Pod>();
  /** `namespace/name/uid` of pods to look at, and {@link WAITING}. */
  private readonly queue: KeyedQueue;
  private readonly unsubscribe: () => void;
  private stopping = false;

  constructor(
    private readonly machinery: Machinery,
    private readonly onError: (key: string, error: unknown) => void,
  ) {
    this.queue = new KeyedQueue(
      (key) => this.look(key),
      (key, error) => onError(key === WAITING ? 'pods that wait' : `pod ${partsOf(key).name}`, error),
    );
    for (const pod of machinery.registry.store.list(pods)) this.takeUp(pod);
    this.unsubscribe = machinery.registry.store.subscribe(pods, ({ object }) => this.lookAt(object));
  }

  /** Ends all processes. The pods are failed with the reason `EmbeddedClusterStopped`. */
  async stop(): Promise<void> {
    this.stopping = true;
    const message = 'the embedded cluster was stopped while this pod was running, and ended its processes';
    for (const { pod, worker } of this.workers.values()) {
      const grace = Math.min(STOP_GRACE, pod.spec.terminationGracePeriodSeconds ?? STOP_GRACE);
      worker.stop(grace, {
        phase: 'Failed',
        reason: 'EmbeddedClusterStopped',
        message,
        disruption: 'TerminationByKubelet',
      });
    }
    await Promise.all([...this.workers.values()].map(({ ended }) => ended));
    this.queue.finish();
    this.unsubscribe();
  }

  /** Pods of an earlier run: those that were started are lost, those that were not are started. */
  private takeUp(pod: Pod): void {
    const statuses = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])];
    const wasStarted = statuses.some(
      ({ state, restartCount }) => state.running || state.terminated || restartCount > 0,
    );
    if (!isTerminal(pod) && wasStarted) {
      const ended = new Map(statuses.map((status) => [status.name, endedStatus(status)]));
      const message = 'the embedded cluster was restarted while this pod was running; its processes were ended';
      const verdict = {
        phase: 'Failed',
        reason: 'EmbeddedClusterRestarted',
        message,
        disruption: 'TerminationByKubelet',
      } as const;
      this.update(pod, (draft) => {
        draft.status = podStatus(pod, ended, pod.status.startTime ?? timestamp(), verdict);
      });
    }
    this.lookAt(pod);
  }

  private lookAt({ metadata }: Pod): void {
    this.queue.add(`${keyOf(metadata)}/${metadata.uid}`);
  }

  private look(key: string): undefined {
    if (key === WAITING) return this.placeWaiting();
    const { namespace, name } = partsOf(key);
    const uid = key.slice(key.lastIndexOf('/') + 1);
    const found = this.machinery.registry.store.get(pods, namespace, name);
    const pod = found?.metadata.uid === uid ? found : undefined;
    const running = this.workers.get(uid);
    if (!pod) {
      this.waiting.delete(uid);
      if (running) running.worker.terminate(0, {});
      else this.removeFiles(uid);
    } else if (pod.metadata.deletionTimestamp !== undefined) {
      this.waiting.delete(uid);
      if (running) this.end(pod, running);
      else this.release(pod);
    } else if (!running && !isTerminal(pod)) this.place(pod);
  }

  private end(pod: Pod, running: Running): void {
    const { deletionGracePeriodSeconds: grace = 0 } = pod.metadata;
    if (running.grace === grace) return;
    const isFirst = running.grace === undefined;
    running.grace = grace;
    running.worker.terminate(grace, {});
    if (isFirst) this.announceKilling(pod);
  }

  private announceKilling(pod: Pod): void {
    for (const { name, state } of pod.status.containerStatuses ?? []) {
      if (state.running)
        this.machinery.recorder.record(pod, 'Normal', 'Killing', `Stopping container ${name}`, {
          component: 'kubelet',
          container: name,
        });
    }
  }

  /** Binds the pod to the node and starts it, or notes why it cannot be. */
  private place(pod: Pod): void {
    if (this.stopping) return;
    const { recorder } = this.machinery;
    const message = unschedulableReason(pod, this.workers.size);
    const time = timestamp();
    if (message !== undefined) {
      this.waiting.set(pod.metadata.uid, pod);
      if (pod.status.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable'))
        return;
      this.update(pod, ({ status }) => {
        status.conditions = [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message,
            lastProbeTime: null,
            lastTransitionTime: time,
          },
        ];
      });
      recorder.record(pod, 'Warning', 'FailedScheduling', message, { component: 'default-scheduler' });
      return;
    }
    this.waiting.delete(pod.metadata.uid);
    const bound = this.update(pod, (draft) => {
      draft.spec.nodeName = NODE_NAME;
      draft.status.conditions = [
        { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: time },
      ];
    });
    if (!bound) return;
    const { namespace, name } = pod.metadata;
    recorder.record(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${NODE_NAME}`, {
      component: 'default-scheduler',
    });
    this.start(bound);
  }

  private start(pod: Pod): void {
    const { uid } = pod.metadata;
    const onError = (error: unknown) => this.onError(`pod ${pod.metadata.name}`, error);
    const worker = new PodWorker(pod, this.machinery, onError);
    const ended = worker
      .run()
      .catch(onError)
      .then(() => {
        this.workers.delete(uid);
        this.lookAt(pod);
        this.queue.add(WAITING);
      });
    this.workers.set(uid, { pod, worker, ended });
  }

  private placeWaiting(): undefined {
    for (const pod of [...this.waiting.values()]) {
      if (this.workers.size >= MAX_PODS) return;
      const current = this.currentOf(pod);
      if (current) this.place(current);
      else this.waiting.delete(pod.metadata.uid);
    }
  }

  /** The pod's processes have ended: nothing of the kubelet's holds the object any more. */
  private release(pod: Pod): void {
    const { namespace, name, uid } = pod.metadata;
    if (this.currentOf(pod))
      this.machinery.registry.delete(pods, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } });
  }

  private removeFiles(uid: string): void {
    try {
      this.machinery.logs.remove(uid);
      rmSync(`${this.machinery.podsFolder}/${uid}`, { recursive: true, force: true });
    } catch (error) {
      this.onError(`files of pod ${uid}`, error);
    }
  }

  private currentOf(pod: Pod): Pod | undefined {
    const { namespace, name, uid } = pod.metadata;
    const current = this.machinery.registry.store.get(pods, namespace, name);
    return current?.metadata.uid === uid ? current : undefined;
  }

  private update(pod: Pod, change: (draft: Pod) => void): Pod | undefined {
    const current = this.currentOf(pod);
    return current && this.machinery.registry.update(pods, pod.metadata.namespace, pod.metadata.name, change);
  }
}
