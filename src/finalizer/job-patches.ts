import type { CoreV1Event } from '@kubernetes/client-node';
import { endingSpec } from '../jobs/model/dismissal.js';
import { formatOutputs } from '../jobs/model/annotations/job-annotations.js';
import type { JobAttempt, JobOutcome, LogStart, StoredLog } from '../jobs/model/job-outcome.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import type { Used } from '../jobs/model/run/used.js';
import type { JobPatch } from '../k8s/client/kubernetes-client.js';
import { annotation, MANAGED_BY, ownAnnotation } from '../k8s/names.js';
import type { KeptResults } from './result-keeper.js';

/** Kubernetes takes no more characters. */
const LONGEST_EVENT_MESSAGE = 1024;

/** Records how a job ended, with its results: one patch, so that a successful job always has them. */
export function outcomePatch(job: Pick<JobRecord, 'uid'>, outcome: JobOutcome, results?: KeptResults): JobPatch {
  return {
    metadata: {
      uid: job.uid,
      annotations: {
        [ownAnnotation.outcome]: JSON.stringify(outcome),
        [annotation.updated]: outcome.finished,
        ...(results?.unnamed ? unnamedAnnotations(results.unnamed) : {}),
        ...(results && results.outputs.size > 0 ? { [ownAnnotation.outputs]: formatOutputs(results.outputs) } : {}),
      },
    },
  };
}

/** The predecessor's annotations where they can hold the result, so that it can be had after a rollback, too. */
function unnamedAnnotations(unnamed: NonNullable<KeptResults['unnamed']>): Record<string, string> {
  return 'inline' in unnamed
    ? { [annotation.resultMimetype]: unnamed.inline.mediaType, [annotation.resultValue]: unnamed.inline.value }
    : { [annotation.resultMimetype]: unnamed.stored.mediaType, [ownAnnotation.result]: JSON.stringify(unnamed.stored) };
}

/** Notes when the log began, for who collects it: that may be another server. */
export function logStartPatch(job: Pick<JobRecord, 'uid'>, start: LogStart): JobPatch {
  return { metadata: { uid: job.uid, annotations: { [ownAnnotation.logStart]: JSON.stringify(start) } } };
}

/** Notes the attempts, for the version of the Job that they were read from. @param dropped how many are noted no more from now on */
export function attemptsPatch(
  job: Pick<JobRecord, 'uid' | 'resourceVersion' | 'omittedAttempts'>,
  attempts: readonly JobAttempt[],
  dropped = 0,
): JobPatch {
  const omitted = (job.omittedAttempts ?? 0) + dropped;
  const annotations = {
    [ownAnnotation.attempts]: JSON.stringify({ attempts, ...(omitted > 0 ? { omitted } : {}) }),
  };
  return { metadata: { uid: job.uid, resourceVersion: job.resourceVersion, annotations } };
}

/** Says that the results in the object store were removed, for their time was over. */
export function resultsExpiredPatch(job: Pick<JobRecord, 'uid'>, now: Date): JobPatch {
  return { metadata: { uid: job.uid, annotations: { [ownAnnotation.resultsExpired]: now.toISOString() } } };
}

/**
 * Says that everything of a job is collected; from now its retention counts, unless subscribers have to be told first: `src/subscribers`
 * then puts it in force.
 * @param waits whether the Job goes to an archive first: `src/archive` then puts it in force
 */
export function collectedPatch(
  job: Pick<JobRecord, 'uid' | 'ttlAfterCollected' | 'subscription' | 'collectionProblem'>,
  log?: Pick<StoredLog, 'key'> & Partial<StoredLog>,
  waits = false,
  used?: Used,
): JobPatch {
  return {
    metadata: {
      uid: job.uid,
      annotations: {
        [ownAnnotation.collection]: 'done',
        ...(used === undefined ? {} : { [ownAnnotation.used]: JSON.stringify(used) }),
        ...(log === undefined ? {} : { [ownAnnotation.logKey]: log.key }),
        ...(log?.size === undefined
          ? {}
          : { [ownAnnotation.log]: JSON.stringify({ size: log.size, digest: log.digest }) }),
        ...(job.collectionProblem === undefined ? {} : { [ownAnnotation.collectionProblem]: null }),
      },
    },
    ...(waits || job.ttlAfterCollected === undefined || job.subscription
      ? {}
      : { spec: { ttlSecondsAfterFinished: job.ttlAfterCollected } }),
  };
}

/** Notes why a job's log and result are still not collected. */
export function collectionProblemPatch(job: Pick<JobRecord, 'uid'>, message: string): JobPatch {
  return { metadata: { uid: job.uid, annotations: { [ownAnnotation.collectionProblem]: message } } };
}

/** The same, as an Event of the Job. @param suffix makes its name unique */
export function makeCollectionProblemEvent(
  job: Pick<JobRecord, 'name' | 'uid'>,
  namespace: string,
  message: string,
  now: Date,
  suffix: string,
): CoreV1Event {
  return {
    metadata: { name: `${job.name}.${suffix}`, namespace },
    involvedObject: { apiVersion: 'batch/v1', kind: 'Job', name: job.name, namespace, uid: job.uid },
    type: 'Warning',
    reason: 'CollectionFailed',
    message: message.slice(0, LONGEST_EVENT_MESSAGE),
    source: { component: MANAGED_BY },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
}

type OpenJob = Pick<JobRecord, 'uid' | 'resourceVersion' | 'suspended' | 'queue'>;

/**
 * Ends a job that has not started in time: Kubernetes itself never would. Holds only for the version of the Job that was looked at: a pod
 * may start in the same moment.
 */
export function missedStartPatch(job: OpenJob, outcome: JobOutcome): JobPatch {
  const { metadata } = outcomePatch(job, outcome);
  return { metadata: { ...metadata, resourceVersion: job.resourceVersion }, spec: endingSpec(job) };
}

/** Ends the pods of a job that was dismissed. */
export function endingPatch(job: Pick<JobRecord, 'uid' | 'suspended' | 'queue'>): JobPatch {
  return { metadata: { uid: job.uid }, spec: endingSpec(job) };
}

/**
 * Keeps a Job from running again whose outcome stands, though Kubernetes has not counted the run. One that failed is ended; of one that was
 * successful Kubernetes would say that it failed, so that it stays as it is.
 */
export function heldBackPatch(job: OpenJob, { status }: Pick<JobOutcome, 'status'>): JobPatch {
  const { uid, resourceVersion } = job;
  return {
    metadata: { uid, resourceVersion },
    spec: status === 'successful' ? { parallelism: 0 } : endingSpec(job),
  };
}
