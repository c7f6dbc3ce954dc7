import { createHash } from 'node:crypto';
import type { V1Job } from '@kubernetes/client-node';
import type { ArchivedJob, ArchivedObject, ArchivedStatus, JobUsage } from '../../../archive/records/archived-job.js';
import { canonicalJson } from '../../../json/canonical-json.js';
import { annotation, ANNOTATION_PREFIX, OWN_PREFIX, ownAnnotation } from '../../../k8s/names.js';
import { formatOutputs, parseOutputs } from '../annotations/job-annotations.js';
import type { JobOutcome, RecordedOutput } from '../job-outcome.js';
import type { JobRecord } from '../job-record.js';
import { jobStatus, type JobStatus } from '../job-status.js';
import type { PodRecord } from '../pod-record.js';
import { parseUsed } from '../run/used.js';
import { parseSubscription } from '../subscription.js';
import { usageOf } from './job-usage.js';
import { mergedOutcome, toldOutcome, wholeOutcome } from './told-outcome.js';

type Annotations = Readonly<Record<string, string>>;

/** What else is known of a job than its Job tells. */
export interface Beside {
  /** The newest of it, where one is still there. */
  readonly pod?: PodRecord;
  /** The record that the archive has: of this Job, what it knows does not get lost. */
  readonly earlier?: ArchivedJob;
}

/** What is of the cluster, or of no use any more. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ownAnnotation.archived,
  ownAnnotation.released,
  ownAnnotation.uploads,
  ownAnnotation.logStart,
  ownAnnotation.collectionProblem,
]);

/** Of the specification and the status what a {@link JobRecord} is made of; no TTL: that is put in force because the job is archived. */
const OF_SPEC = ['backoffLimit', 'parallelism', 'podFailurePolicy', 'suspend'] as const;
const OF_STATUS = ['completionTime', 'conditions', 'failed', 'startTime', 'succeeded'] as const;

/**
 * What is archived of a job that has ended. Pure, and the same for the same Job, but for results that stand on the Job itself: those are
 * left out once their time is over, for in the archive they do not go with the Job.
 * @param status of a job that does not go on
 * @param annotations those that are believed
 */
export function archivedJobOf(
  kubeJob: V1Job,
  job: JobRecord,
  status: JobStatus,
  annotations: Annotations,
  now: Date,
  { pod, earlier: found }: Beside = {},
): ArchivedJob {
  const earlier = found?.uid === job.uid ? found : undefined;
  const kept = withEnd(keptOf(annotations), job, status, { pod, earlier });
  const told = kept.outcome ? jobStatus({ ...job, outcome: kept.outcome }, []) : status;
  const finished = told.finished ?? endOf(job);
  const whole = objectOf(kubeJob, job, kept.annotations);
  const end = hasResults(job) || job.keptInputs !== undefined ? retentionOf(job) : undefined;
  const isOver = end !== undefined && (job.resultsExpired || (!isStored(job) && end.getTime() <= now.getTime()));
  const object = isOver ? withoutResults(whole, end) : whole;
  return {
    jobId: job.jobId,
    uid: job.uid,
    name: job.name,
    created: job.created,
    ...(job.requestedAt === undefined ? {} : { requestedAt: job.requestedAt }),
    state: stateOf(object),
    processId: job.processId,
    ...(job.processUnsigned ? { processUnsigned: true } : {}),
    ...(job.owner === undefined ? {} : { owner: job.owner }),
    ...(job.ownerName === undefined ? {} : { ownerName: job.ownerName }),
    tags: job.tags ?? [],
    status: told.status as ArchivedStatus,
    ...(told.cause ? { cause: told.cause.type } : {}),
    message: told.message,
    ...(told.started ? { started: told.started } : {}),
    finished,
    ...(end && !isOver ? { resultsExpire: end } : {}),
    ...(job.idempotencyDigest === undefined ? {} : { idempotencyDigest: job.idempotencyDigest }),
    usage: {
      ...measuredOf(earlier?.usage),
      ...usageOf(
        kubeJob,
        job,
        { ...(told.started ? { started: told.started } : {}), finished },
        parseUsed(annotations[ownAnnotation.used]),
      ),
    },
    object,
  };
}

/** Which state of a job an object is: 16 hexadecimal digits. */
export function stateOf(object: ArchivedObject): string {
  return createHash('sha256').update(canonicalJson(object)).digest('hex').slice(0, 16);
}

/** The same without the results that stand in it, and with the word that they have expired. */
export function withoutResults(object: ArchivedObject, expired: Date): ArchivedObject {
  const { annotations } = object.metadata;
  const outputs = parseOutputs(annotations[ownAnnotation.outputs]);
  const without = (output: RecordedOutput): RecordedOutput => ('value' in output ? { ...output, value: '' } : output);
  return {
    ...object,
    metadata: {
      ...object.metadata,
      annotations: {
        ...annotations,
        ...(annotations[annotation.resultValue] === undefined
          ? {}
          : {
              [annotation.resultValue]: '',
              // An empty value without a media type is none.
              [annotation.resultMimetype]: annotations[annotation.resultMimetype] ?? 'application/json',
            }),
        ...(outputs
          ? { [ownAnnotation.outputs]: formatOutputs(new Map([...outputs].map(([id, each]) => [id, without(each)]))) }
          : {}),
        [ownAnnotation.resultsExpired]: annotations[ownAnnotation.resultsExpired] ?? expired.toISOString(),
      },
    },
  };
}

/** Whether a job has results anywhere. */
export function hasResults({ inlineResult, storedResult, outputs }: JobRecord): boolean {
  return inlineResult !== undefined || storedResult !== undefined || (outputs?.size ?? 0) > 0;
}

/** Until when is kept what goes with the results; undefined: as long as the Job, in the archive as the record. */
export function retentionOf({ resultsTtl, outcome }: JobRecord): Date | undefined {
  if (resultsTtl === undefined || !outcome) return undefined;
  return new Date(Date.parse(outcome.finished) + resultsTtl * 1000);
}

/** Whether anything that expires is in the store, from where the finalizer removes it. */
function isStored({ storedResult, outputs, keptInputs }: JobRecord): boolean {
  return (
    storedResult !== undefined ||
    keptInputs !== undefined ||
    [...(outputs?.values() ?? [])].some(({ key }) => key !== undefined)
  );
}

function keptOf(annotations: Annotations): Annotations {
  const known = Object.entries(annotations).filter(
    ([name]) => (name.startsWith(ANNOTATION_PREFIX) || name.startsWith(OWN_PREFIX)) && !LEFT_OUT.has(name),
  );
  const kept = Object.fromEntries(known);
  const subscription = parseSubscription(kept[ownAnnotation.subscriber]);
  // All have been told, and addresses may hold secrets.
  return subscription ? { ...kept, [ownAnnotation.subscriber]: withoutPaths(subscription) } : kept;
}

/** With how it ended, where nobody recorded it: its pods, which tell, go with the Job. */
function withEnd(
  annotations: Annotations,
  job: JobRecord,
  status: JobStatus,
  { pod, earlier }: Beside,
): { readonly annotations: Annotations; readonly outcome?: JobOutcome } {
  if (annotations[ownAnnotation.outcome] !== undefined || status.cause?.type === 'record-disputed')
    return { annotations };
  const before = wholeOutcome(earlier?.object.metadata.annotations[ownAnnotation.outcome]);
  const outcome = mergedOutcome(job, before, toldOutcome(job, pod, status, status.finished ?? endOf(job)));
  return { annotations: { ...annotations, [ownAnnotation.outcome]: canonicalJson(outcome) }, outcome };
}

function endOf({ condition, created }: JobRecord): Date {
  return condition?.at ?? created;
}

/** What the cluster measured, which it does for as long as the pod is there. */
function measuredOf({ usedCpuSeconds, usedMemoryByteSeconds }: Partial<JobUsage> = {}): Partial<JobUsage> {
  return {
    ...(usedCpuSeconds === undefined ? {} : { usedCpuSeconds }),
    ...(usedMemoryByteSeconds === undefined ? {} : { usedMemoryByteSeconds }),
  };
}

function withoutPaths({ base, uris }: NonNullable<JobRecord['subscription']>): string {
  const origins = Object.entries(uris).map(([event, uri]) => [event, `${new URL(uri).origin}/`]);
  return JSON.stringify({ base, uris: Object.fromEntries(origins) as unknown });
}

function objectOf(
  { metadata = {}, spec, status = {} }: V1Job,
  job: JobRecord,
  annotations: Annotations,
): ArchivedObject {
  const { processUnsigned, disputed, wronglySigned, signedElsewhere } = job;
  const object = {
    metadata: {
      name: metadata.name,
      uid: metadata.uid,
      creationTimestamp: metadata.creationTimestamp,
      labels: metadata.labels,
      annotations,
    },
    spec: {
      ...picked(spec ?? {}, OF_SPEC),
      template: { metadata: { labels: spec?.template.metadata?.labels } },
    },
    status: picked(status, OF_STATUS),
    standing: { processUnsigned, disputed, wronglySigned, signedElsewhere },
  };
  // As JSON has it: without what is undefined, times as texts.
  return JSON.parse(JSON.stringify(object)) as ArchivedObject;
}

function picked<T extends object>(from: T, names: readonly string[]): Partial<T> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name))) as Partial<T>;
}
