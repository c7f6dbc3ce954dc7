import { rmSync } from 'node:fs';
import path from 'node:path';
import type { V1Container } from '@kubernetes/client-node';
import type { ChildLedger } from './child-ledger.js';
import type { ChildUser } from './child-user.js';
import { configureContainer, type ContainerConfiguration } from './container-configuration.js';
import { Refusal } from './container-environment.js';
import type { ContainerLogs, LogWriter } from './container-log.js';
import { ContainerProcess, prepareFolder, type Ending } from './container-process.js';
import type { EventRecorder } from '../objects/event-recorder.js';
import { imageIdOf, normalisedImageName, type Images } from './images.js';
import { timestamp, type ContainerState, type Pod } from '../objects/kubernetes-object.js';
import { randomHex } from '../objects/names.js';
import type { ObjectRegistry } from '../objects/object-registry.js';
import { PodReport } from './pod-report.js';
import { isSidecar, type Verdict } from './pod-status.js';
import { unattended } from '../objects/unattended.js';

export interface Machinery {
  readonly registry: ObjectRegistry;
  readonly recorder: EventRecorder;
  readonly images: Images;
  readonly logs: ContainerLogs;
  readonly ledger: ChildLedger;
  /** Folder of the pods' volumes and working directories. */
  readonly podsFolder: string;
  /** Whom containers run as; default: as this process. */
  readonly user?: ChildUser;
}

/** A container that can be started, its folder and its log. */
type Prepared = {
  readonly configuration: ContainerConfiguration;
  readonly folder: string;
  readonly log: LogWriter;
};

const MAX_TIMER = 2 ** 31 - 1;
const MAX_RESTART_DELAY = 300_000;
const FIRST_RESTART_DELAY = 10_000;
/** When it is looked again for what a container needs, an object or room on the disk, milliseconds; doubled each time. */
const FIRST_LOOK_AGAIN = 50;
/** How long `ErrImagePull` shows before `ImagePullBackOff`, milliseconds. */
const PULL_BACKOFF = 500;

/**
 * Runs one pod: init containers in order, sidecars beside, then all containers at once; reports what happens in the pod's status.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
 */
export class PodWorker {
  private readonly report: PodReport;
  private readonly processes = new Set<ContainerProcess>();
  private readonly folder: string;
  private readonly timers = new Set<NodeJS.Timeout>();
  private verdict: Verdict | undefined;
  private endPod: () => void = () => undefined;
  /** Resolves when the pod is told to end, or only its sidecars are left. */
  private readonly ending = new Promise<void>((resolve) => (this.endPod = resolve));
  private over = false;

  constructor(
    private readonly pod: Pod,
    private readonly machinery: Machinery,
    private readonly onError: (error: unknown) => void,
  ) {
    this.folder = path.join(machinery.podsFolder, pod.metadata.uid);
    this.report = new PodReport(pod, machinery.registry, machinery.recorder, onError);
  }

  /** Resolves when all processes have ended and the status says how; never rejects. */
  async run(): Promise<void> {
    const { activeDeadlineSeconds, terminationGracePeriodSeconds = 30 } = this.pod.spec;
    this.report.write();
    if (activeDeadlineSeconds !== undefined) {
      const reason = 'DeadlineExceeded';
      const message = 'Pod was active on the node longer than the specified deadline';
      this.after(activeDeadlineSeconds * 1000, () => {
        this.terminate(terminationGracePeriodSeconds, { phase: 'Failed', reason, message });
        this.report.event('Normal', reason, message);
      });
    }
    const sidecars: Promise<unknown>[] = [];
    let initialised = true;
    for (const container of this.initContainers) {
      if (this.verdict) break;
      if (isSidecar(container)) {
        let onStart: () => void = () => undefined;
        const started = new Promise<void>((resolve) => (onStart = resolve));
        sidecars.push(this.runContainer(container, onStart));
        await Promise.race([started, this.ending]);
      } else if (!(await this.runContainer(container))) {
        initialised = false;
        break;
      }
    }
    if (initialised && !this.verdict)
      await Promise.all(this.pod.spec.containers.map((container) => this.runContainer(container)));
    this.over = true;
    this.endPod();
    this.signalAll(terminationGracePeriodSeconds);
    await Promise.all(sidecars);
    await this.conclude(initialised);
  }

  /** Ends the pod: SIGTERM, and SIGKILL after the grace period. Called again it can only shorten the grace. */
  terminate(graceSeconds: number, verdict: Verdict): void {
    this.verdict ??= verdict;
    this.endPod();
    this.signalAll(graceSeconds);
  }

  /** As {@link terminate}, for the cluster stops: it does not wait for room on the disk. */
  stop(graceSeconds: number, verdict: Verdict): void {
    this.terminate(graceSeconds, verdict);
    this.report.tryOnlyOnce();
  }

  private get initContainers(): V1Container[] {
    return this.pod.spec.initContainers ?? [];
  }

  private signalAll(graceSeconds: number): void {
    if (this.processes.size === 0) return;
    if (graceSeconds <= 0) return this.killAll();
    for (const process of this.processes) process.kill('SIGTERM');
    this.after(graceSeconds * 1000, () => this.killAll());
  }

  private killAll(): void {
    for (const process of this.processes) process.kill('SIGKILL');
  }

  /** Runs a container until it has ended for good. @returns whether it succeeded */
  private async runContainer(container: V1Container, onStart?: () => void): Promise<boolean> {
    try {
      return await this.runAndRestart(container, onStart);
    } catch (error) {
      this.onError(error);
      const message = `the embedded cluster failed to run container ${container.name}: ${String(error)}`;
      this.terminate(0, { phase: 'Failed', reason: 'EmbeddedClusterError', message });
      return false;
    }
  }

  private async runAndRestart(container: V1Container, onStart?: () => void): Promise<boolean> {
    const policy = isSidecar(container) ? 'Always' : this.pod.spec.restartPolicy === 'Never' ? 'Never' : 'OnFailure';
    for (let run = 0; ; run++) {
      const prepared = await this.prepared(container, run);
      if (!prepared) return false;
      const { exitCode } = await this.runOnce(container, prepared, onStart);
      if (this.verdict || this.over || policy === 'Never' || (policy === 'OnFailure' && exitCode === 0))
        return exitCode === 0;
      await this.backOff(container, run);
      if (this.verdict || this.over) return false;
    }
  }

  /** Waits for objects that are not there yet, and for room on the disk, as the kubelet does. @returns undefined once the pod is to end */
  private async prepared(container: V1Container, run: number): Promise<Prepared | undefined> {
    for (let delay = FIRST_LOOK_AGAIN; ; delay = Math.min(delay * 2, FIRST_RESTART_DELAY)) {
      const outcome = await this.prepare(container, run);
      if (typeof outcome === 'object') return outcome;
      await Promise.race([this.ending, new Promise<void>((resolve) => outcome && this.after(delay, resolve))]);
      if (this.verdict || this.over) return undefined;
    }
  }

  private async runOnce(
    container: V1Container,
    { configuration, folder, log }: Prepared,
    onStart?: () => void,
  ): Promise<Ending> {
    const { ledger, user } = this.machinery;
    const containerID = `embedded://${randomHex(32)}`;
    this.event(container, 'Normal', 'Created', `Created container: ${container.name}`);
    const process = new ContainerProcess(configuration, folder, log, ledger, user);
    this.processes.add(process);
    await process.started;
    const startedAt = timestamp();
    const outcome = await Promise.race([process.ended, undefined]);
    if (!outcome?.startError) {
      const imageID = imageIdOf(container.image ?? '', configuration.image);
      this.report.set(container, {
        state: { running: { startedAt } },
        ready: true,
        started: true,
        containerID,
        imageID,
        image: normalisedImageName(container.image ?? ''),
      });
      this.event(container, 'Normal', 'Started', `Started container ${container.name}`);
      if (this.verdict) process.kill('SIGKILL');
      onStart?.();
    }
    const ending = await process.ended;
    this.processes.delete(process);
    if (ending.startError) this.event(container, 'Warning', 'Failed', `Error: ${ending.startError}`);
    const terminated = {
      exitCode: ending.exitCode,
      reason: ending.startError ? 'StartError' : ending.exitCode === 0 ? 'Completed' : 'Error',
      ...(ending.startError && { message: ending.startError }),
      startedAt: ending.startError ? timestamp(new Date(0)) : startedAt,
      finishedAt: timestamp(),
      containerID,
    };
    const ready = this.report.isRegularInit(container) && ending.exitCode === 0;
    this.report.set(container, { state: { terminated }, ready, started: false, containerID });
    return ending;
  }

  /** @returns undefined where the container cannot run here: its state says why */
  private async prepare(container: V1Container, run: number): Promise<Prepared | 'not yet' | undefined> {
    const { registry, images, logs, user } = this.machinery;
    try {
      const configuration = configureContainer(this.report.currentPod() ?? this.pod, container, images, registry, user);
      const folder = await prepareFolder(this.folder, container.name, configuration, user);
      this.event(container, 'Normal', 'Pulled', `Container image "${container.image}" already present on machine`);
      return { configuration, folder, log: logs.open(this.pod.metadata.uid, container.name, run) };
    } catch (failure) {
      const error =
        failure instanceof Refusal ? failure : new Refusal('CreateContainerError', messageOf(failure), true);
      this.report.set(container, { state: { waiting: { reason: error.reason, message: error.message } } });
      if (error.reason !== 'ErrImagePull') {
        this.event(container, 'Warning', 'Failed', `Error: ${error.message}`);
        return error.mayPass ? 'not yet' : undefined;
      }
      this.event(container, 'Warning', 'Failed', `Failed to pull image "${container.image}": ${error.message}`);
      this.event(container, 'Warning', 'Failed', 'Error: ErrImagePull');
      this.after(PULL_BACKOFF, () => {
        this.event(container, 'Normal', 'BackOff', `Back-off pulling image "${container.image}"`);
        this.report.set(container, {
          state: {
            waiting: {
              reason: 'ImagePullBackOff',
              message: `Back-off pulling image "${container.image}": ErrImagePull: ${error.message}`,
            },
          },
        });
      });
      return undefined;
    }
  }

  /** The first restart is at once, the next after 10 seconds, and so on doubled. */
  private async backOff(container: V1Container, run: number): Promise<void> {
    const lastState: ContainerState = this.report.statusOf(container).state;
    const delay = run === 0 ? 0 : Math.min(FIRST_RESTART_DELAY * 2 ** (run - 1), MAX_RESTART_DELAY);
    const message = `back-off ${delay / 1000}s restarting failed container=${container.name} pod=${this.pod.metadata.name}_${this.pod.metadata.namespace}(${this.pod.metadata.uid})`;
    const waiting = { reason: 'CrashLoopBackOff', message };
    this.report.set(container, {
      state: delay > 0 ? { waiting } : lastState,
      lastState,
      ready: false,
      restartCount: run + 1,
    });
    if (delay === 0) return;
    this.event(
      container,
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${container.name} in pod ${this.pod.metadata.name}`,
    );
    await Promise.race([new Promise<void>((resolve) => this.after(delay, resolve)), this.ending]);
  }

  private async conclude(initialised: boolean): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    await this.report.conclude(initialised, this.verdict);
    try {
      rmSync(this.folder, { recursive: true, force: true });
    } catch (error) {
      this.onError(error);
    }
  }

  private after(milliseconds: number, action: () => void): void {
    const timer = setTimeout(
      unattended(() => {
        this.timers.delete(timer);
        action();
      }, this.onError),
      Math.min(milliseconds, MAX_TIMER),
    );
    this.timers.add(timer);
  }

  private event(container: V1Container, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.report.event(type, reason, message, container);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
