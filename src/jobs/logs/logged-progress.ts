import { Injectable, Logger } from '@nestjs/common';
import { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { type Clock, systemClock } from '../../k8s/time/clock.js';
import { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';
import { parseProgress, type JobStatus } from '../model/job-status.js';
import { mainContainerOf } from '../model/pod-record.js';

/** What a job prints of its progress: this, a number from 0 to 100, and, where it likes, a message to the end of the line. */
export const PROGRESS_MARKER = 'PYGEOAPI_K8S_MANAGER_PROGRESS';

/** The end of a log in which the marker is looked for. */
const TAIL_LINES = 1000;
const TAIL_BYTES = 256 * 1024;
/** The log of a job is read at most so often, milliseconds. */
const READ_EVERY = 2_000;
/** A status waits so long for the log, milliseconds; then what was known before has to do. */
const PATIENCE = 2_000;
const LONGEST_MESSAGE = 500;

interface Progress {
  readonly progress: number;
  readonly message?: string;
}

interface Reading {
  readonly at: number;
  readonly done: Promise<void>;
  /** The newest that was found in any reading: the marker may have left the end of the log since. */
  known?: Progress;
}

/**
 * The progress of jobs that print it, for those that cannot write it to their Kubernetes Job. Nothing is followed: the end of the log is
 * read when somebody asks for the status of such a job, or listens to it, and only while it runs and its annotations say nothing.
 */
@Injectable()
export class LoggedProgress {
  private readonly logger = new Logger(LoggedProgress.name);
  /** By UID of the Kubernetes Job. */
  private readonly readings = new Map<string, Reading>();
  clock: Clock = systemClock;

  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly processes: ProcessRegistry,
  ) {}

  /** The status with what the log says of the job's progress; never rejects. */
  async addTo(status: JobStatus, job: JobRecord): Promise<JobStatus> {
    return this.isAsked(status, job) ? withProgress(status, job, await this.of(job)) : status;
  }

  /** Likewise, of what was read before. */
  withKnown(status: JobStatus, job: JobRecord): JobStatus {
    return this.isAsked(status, job) ? withProgress(status, job, this.readings.get(job.uid)?.known) : status;
  }

  /** Whether the log is asked for a job in this status. */
  isAsked({ status, progress }: JobStatus, { processId }: JobRecord): boolean {
    return status === 'running' && progress === undefined && this.processes.find(processId)?.logsProgress === true;
  }

  private async of(job: JobRecord): Promise<Progress | undefined> {
    const now = this.clock.now();
    let reading = this.readings.get(job.uid);
    if (!reading || now - reading.at >= READ_EVERY) {
      const known = reading?.known;
      reading = this.begin(job, now);
      reading.known ??= known;
      if (!this.readings.has(job.uid)) this.forgetEnded();
      this.readings.set(job.uid, reading);
    }
    await reading.done;
    return reading.known;
  }

  private begin(job: JobRecord, at: number): Reading {
    const reading: { -readonly [key in keyof Reading]: Reading[key] } = { at, done: Promise.resolve() };
    reading.done = this.read(job).then(
      (found) => {
        if (found) reading.known = found;
      },
      (error: unknown) => {
        // Without it a status is as good as it was; a container that has not started has no log.
        if (!(error instanceof KubernetesError) || error.failure !== 'bad-request')
          this.logger.debug(`The log of ${job.name} says nothing of its progress: ${String(error)}`);
      },
    );
    return reading;
  }

  private async read(job: JobRecord): Promise<Progress | undefined> {
    const [pod] = this.cache.podsOf(job);
    const container = pod && mainContainerOf(pod, job);
    if (!pod?.containers.some(({ name, hasRun }) => name === container && hasRun)) return undefined;
    const signal = AbortSignal.timeout(PATIENCE);
    const log = await this.client.readLog(pod.name, container ?? '', { tailLines: TAIL_LINES, signal });
    let end = Buffer.alloc(0);
    for await (const chunk of log) end = Buffer.concat([end, chunk as Buffer]).subarray(-TAIL_BYTES);
    return lastProgressIn(end.toString());
  }

  private forgetEnded(): void {
    const uids = new Set(this.cache.list().flatMap(({ uid, outcome }) => (outcome ? [] : [uid])));
    for (const uid of this.readings.keys()) if (!uids.has(uid)) this.readings.delete(uid);
  }
}

function withProgress(status: JobStatus, job: JobRecord, found: Progress | undefined): JobStatus {
  if (!found) return status;
  const message = job.messages['message'] ?? found.message;
  return { ...status, progress: found.progress, ...(message === undefined ? {} : { message }) };
}

const LINE = new RegExp(`${PROGRESS_MARKER}[\\t ]+(\\S+)(?:[\\t ]+(.*))?`);

/** The newest marker that says a number. */
export function lastProgressIn(log: string): Progress | undefined {
  for (const line of log.split('\n').reverse()) {
    const [, number, text = ''] = LINE.exec(line) ?? [];
    const progress = parseProgress(number);
    if (progress === undefined) continue;
    const message = text
      .replaceAll(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, LONGEST_MESSAGE);
    return { progress, ...(message === '' ? {} : { message }) };
  }
  return undefined;
}
