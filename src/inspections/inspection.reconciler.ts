import { Injectable } from '@nestjs/common';
import type { V1Pod } from '@kubernetes/client-node';
import { PrintedResults } from '../jobs/results/printed-results.js';
import type { Informer } from '../k8s/informers/informer.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { ownAnnotation } from '../k8s/names.js';
import type { ReconcileResult } from '../k8s/queues/work-queue.js';
import { type InspectionRecord, MOST_FOUND, recordedFinding } from './inspection-record.js';
import { digestOf, makeInspectionJob, type WantedInspection } from './make-inspection-job.js';
import { whatFailed, whatHolds } from './pod-reasons.js';

/** An inspection that is wanted, and how often. */
export interface ScheduledInspection extends WantedInspection {
  readonly refreshSeconds?: number;
}

/** A failed one is tried again after so long, milliseconds; doubled each time. */
const FIRST_RETRY = 60_000;
const LAST_RETRY = 3600_000;
/** Between two looks at a pod that does not start, milliseconds. */
const LOOK_AGAIN = 5_000;
/** containerd writes the end of a log in the background: for so long after the end it is read again, milliseconds. */
const LOG_PATIENCE = 10_000;
const READ_AGAIN = 500;

/** Brings one inspection further: makes its Job, records what it found, tries again what failed, removes what nobody needs. */
@Injectable()
export class InspectionReconciler {
  constructor(private readonly client: KubernetesClient) {}

  async reconcile(
    wanted: ScheduledInspection,
    jobs: Informer<InspectionRecord>,
    allWanted: ReadonlySet<string>,
    now: number,
  ): Promise<ReconcileResult> {
    const own = triesOf(wanted, jobs.values());
    const [newest] = own;
    if (!newest) return this.start(wanted, jobs, { number: 1, failures: 0 });
    if (!newest.finding) return newest.ended ? this.record(wanted, newest, jobs, now) : this.look(newest, jobs);
    await this.removeOthers(newest, own, jobs, allWanted);
    const due = dueAt(newest, wanted.refreshSeconds);
    if (due === undefined) return undefined;
    if (due > now) return { requeueAfter: Math.min(due - now, LAST_RETRY) };
    const failures = newest.finding.state === 'failed' ? newest.failures + 1 : 0;
    return this.start(wanted, jobs, { number: newest.number + 1, failures });
  }

  private async start(
    wanted: ScheduledInspection,
    jobs: Informer<InspectionRecord>,
    which: { number: number; failures: number },
  ): Promise<ReconcileResult> {
    try {
      jobs.observe(
        await this.client.createJob(makeInspectionJob(wanted, { ...which, namespace: this.client.namespace })),
      );
    } catch (error) {
      // The cache is behind.
      if (!(error instanceof KubernetesError) || error.failure !== 'already-exists') throw error;
    }
    return { requeueAfter: LOOK_AGAIN };
  }

  /** Of one that goes on: whether anything keeps it from starting. */
  private async look(job: InspectionRecord, jobs: Informer<InspectionRecord>): Promise<ReconcileResult> {
    const problem = whatHolds(await this.podOf(job));
    const isOther = problem !== job.problem && !(isPull(problem) && isPull(job.problem));
    if (isOther) await this.note(job, jobs, { [ownAnnotation.inspectionProblem]: problem ?? null });
    return { requeueAfter: LOOK_AGAIN };
  }

  private async record(
    { mainContainerName }: ScheduledInspection,
    job: InspectionRecord,
    jobs: Informer<InspectionRecord>,
    now: number,
  ): Promise<ReconcileResult> {
    const pod = await this.podOf(job);
    const failed = (reason: string) => this.note(job, jobs, { [ownAnnotation.inspectionFailure]: reason });
    if (job.ended?.how === 'failed') {
      const ended = job.ended.message ?? 'its Kubernetes Job failed';
      return failed(whatFailed(pod) ?? job.problem ?? `It did not end well: ${ended}.`);
    }
    const read = await this.read(pod, mainContainerName);
    if (typeof read !== 'string') {
      const isLate = pod !== undefined && now - (job.ended?.at.getTime() ?? 0) < LOG_PATIENCE;
      return isLate ? { requeueAfter: READ_AGAIN } : failed(read.fault);
    }
    const notes = recordedFinding(read);
    return notes
      ? this.note(job, jobs, notes)
      : failed(`What it found is too large: ${read.length} characters of JSON.`);
  }

  /** The JSON that the pod printed, or why there is none. */
  private async read(pod: V1Pod | undefined, container: string): Promise<string | { readonly fault: string }> {
    const name = pod?.metadata?.name;
    if (name === undefined) return { fault: 'Its pod was removed before its log was read.' };
    const results = new PrintedResults();
    try {
      for await (const chunk of await this.client.readLog(name, container)) await results.write(chunk as Buffer);
      await results.end();
      const { unnamed, fault } = results;
      if (fault) return { fault: fault.message };
      if (!unnamed) return { fault: 'It printed no result.' };
      if (unnamed.body.size > MOST_FOUND)
        return { fault: `What it found is too large: ${unnamed.body.size} bytes, at most ${MOST_FOUND} are taken.` };
      const chunks: Buffer[] = [];
      for await (const chunk of unnamed.body.stream()) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString('utf8');
      return isJson(text) ? text : { fault: 'What it printed as its result is no JSON.' };
    } catch (error) {
      if (error instanceof KubernetesError && !error.retryable) return { fault: 'Its log cannot be read any more.' };
      throw error;
    } finally {
      await results.dispose();
    }
  }

  /**
   * Older tries, but for the newest that found something; and other inspections that nobody wants and that are older. Newer ones are those of a configuration that is being rolled out, which the replica
   * that leads may not have yet.
   */
  private async removeOthers(
    newest: InspectionRecord,
    own: readonly InspectionRecord[],
    jobs: Informer<InspectionRecord>,
    allWanted: ReadonlySet<string>,
  ): Promise<void> {
    const kept = own.find(({ finding }) => finding?.state === 'found');
    const others = [...jobs.values()].filter(
      ({ digest, created }) => !allWanted.has(digest) && created.getTime() < newest.created.getTime(),
    );
    for (const job of [...own, ...others])
      if (job !== newest && job !== kept && !job.deleted) await this.client.deleteJob(job.name, job.uid);
  }

  private async note(
    { name, uid }: InspectionRecord,
    jobs: Informer<InspectionRecord>,
    annotations: Readonly<Record<string, string | null>>,
  ): Promise<undefined> {
    const patched = await this.client.patchJob(name, { metadata: { uid, annotations } });
    if (patched) jobs.observe(patched);
  }

  private async podOf({ name }: InspectionRecord): Promise<V1Pod | undefined> {
    return (await this.client.listPodsOfJob(name)).at(-1);
  }
}

/** The Jobs of one inspection, the newest first. */
export function triesOf(wanted: WantedInspection, jobs: Iterable<InspectionRecord>): InspectionRecord[] {
  const digest = digestOf(wanted);
  return [...jobs].filter((job) => job.digest === digest && !job.deleted).sort((a, b) => b.number - a.number);
}

/** When an inspection that has ended is to be run again, milliseconds; undefined: never. */
function dueAt({ finding, failures, created, ended }: InspectionRecord, refreshSeconds?: number): number | undefined {
  if (finding?.state === 'failed')
    return (ended?.at ?? created).getTime() + Math.min(LAST_RETRY, FIRST_RETRY * 2 ** failures);
  return refreshSeconds === undefined ? undefined : created.getTime() + refreshSeconds * 1000;
}

/** The kubelet says two things in turn of an image that it cannot pull. */
function isPull(problem: string | undefined): boolean {
  return problem !== undefined && /: (?:ErrImagePull|ImagePullBackOff)\b/.test(problem);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
