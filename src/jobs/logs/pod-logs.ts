import { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import type { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';
import { type ContainerRecord, hasEnded, type PodRecord } from '../model/pod-record.js';
import { containerHeading, missingLog, podHeading, whyNotRun } from './log-document.js';
import type { LogPart } from './log-parts.js';
import { SharedLogs } from './shared-logs.js';

/** Milliseconds that it may take until a container is known to have ended whose log has. */
const END_PATIENCE = 5_000;
const NEWLINE = Buffer.from('\n');

/** The log of a pod as one document, read from the cluster: what is collected later, byte for byte. */
export class PodLogs {
  private readonly shared = new SharedLogs();

  /** @param goesOn whether a job has not ended */
  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly goesOn: (job: JobRecord) => boolean,
  ) {}

  /** @param soFar what who follows it would have by now: nothing of containers that may yet start, or come after one that has not ended */
  async *snapshot(pod: PodRecord, signal: AbortSignal, part: LogPart, soFar = false): AsyncGenerator<Buffer> {
    if (part.container === undefined) yield Buffer.from(podHeading(pod));
    for (const container of chosen(pod, part)) {
      if (soFar && !container.hasRun && !hasEnded(pod)) return;
      yield Buffer.from(containerHeading(container));
      const read = async () => this.client.readLog(pod.name, container.name, { ...linesOf(part), signal });
      const isWhole = yield* this.containerLog(container, read, signal);
      if (soFar && container.hasRun && container.state !== 'terminated' && !hasEnded(pod)) return;
      if (!isWhole && (container.state !== 'running' || container !== pod.containers.at(-1))) yield NEWLINE;
    }
  }

  async *follow(job: JobRecord, pod: PodRecord, signal: AbortSignal, part: LogPart): AsyncGenerator<Buffer> {
    if (part.container === undefined) yield Buffer.from(podHeading(pod));
    const containers = chosen(pod, part);
    for (const { name } of containers) {
      const container = await untilKnown(this.cache, job, signal, () => {
        const current = this.cache.pods.get(pod.name);
        const found = (current ?? pod).containers.find((candidate) => candidate.name === name);
        return !current || hasEnded(current) || found?.hasRun ? found : undefined;
      });
      if (!container) return;
      yield Buffer.from(containerHeading(container));
      const read = async () => this.followed(job, pod, container, signal, part);
      const isWhole = yield* this.containerLog(container, read, signal);
      if (isWhole && name === containers.at(-1)?.name) return;
      if (!(await this.hasRunOut(job, pod, name, signal))) return;
      if (!isWhole) yield NEWLINE;
    }
  }

  /** Whether a container whose log can be followed no longer has ended: else following it broke off, and what would come is not what comes next. */
  private async hasRunOut(job: JobRecord, pod: PodRecord, name: string, signal: AbortSignal): Promise<boolean> {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(END_PATIENCE)]);
    const ended = await untilKnown(this.cache, job, patience, () => {
      const current = this.cache.pods.get(pod.name);
      const container = current?.containers.find((candidate) => candidate.name === name);
      return !current || hasEnded(current) || container?.state === 'terminated' || undefined;
    });
    return ended === true;
  }

  /** While its job goes on, one stream for all who follow a container alike. */
  private async *followed(
    job: JobRecord,
    pod: PodRecord,
    { name, state }: ContainerRecord,
    signal: AbortSignal,
    part: LogPart,
  ) {
    const open = (until: AbortSignal) =>
      this.client.readLog(pod.name, name, { ...linesOf(part), follow: true, signal: until });
    const isLive = state === 'running' && this.goesOn(job);
    const key = `${pod.uid}/${name}/${part.tail ?? ''}`;
    yield* isLive ? this.shared.follow(key, open, signal, part.tail) : await open(signal);
  }

  /** @returns whether it ends with a line, or is empty */
  private async *containerLog(
    container: ContainerRecord,
    read: () => Promise<AsyncIterable<unknown>>,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer, boolean> {
    if (!container.hasRun) {
      yield Buffer.from(missingLog(whyNotRun(container)));
      return true;
    }
    let last = 0x0a;
    try {
      for await (const chunk of await read()) {
        const bytes = chunk as Buffer;
        last = bytes[bytes.length - 1] ?? last;
        yield bytes;
      }
    } catch (error) {
      if (signal.aborted) return true;
      if (!(error instanceof KubernetesError) || error.retryable) throw error;
      yield Buffer.from(missingLog(error.words));
      return true;
    }
    return last === 0x0a;
  }
}

function chosen({ containers }: PodRecord, { container }: LogPart): readonly ContainerRecord[] {
  return container === undefined ? containers : containers.filter(({ name }) => name === container);
}

function linesOf({ tail }: LogPart) {
  return tail === undefined ? {} : { tailLines: tail };
}

/** Waits until `look` answers something else than undefined; null means that it never will. Also ends with the signal. */
export async function untilKnown<T>(
  cache: JobCache,
  job: JobRecord,
  signal: AbortSignal,
  look: () => T | null | undefined,
): Promise<T | undefined> {
  const found = look();
  if (found !== undefined) return found ?? undefined;
  return new Promise((resolve) => {
    const settle = (value: T | null | undefined) => {
      unsubscribe();
      signal.removeEventListener('abort', onAbort);
      resolve(value ?? undefined);
    };
    const onAbort = () => settle(undefined);
    const unsubscribe = cache.onChange(job.name, () => {
      const value = look();
      if (value !== undefined) settle(value);
    });
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) settle(undefined);
  });
}
