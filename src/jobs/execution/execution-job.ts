import type { JobOwner } from '../../access/access.js';
import type { V1Container, V1EnvVar, V1Job, V1JobSpec, V1PodSpec } from '@kubernetes/client-node';
import { type RunningLimit, WAITING } from '../../admission/line/admission.js';
import type { JobSettings } from '../../config/configuration.js';
import {
  ANNOTATION_PREFIX,
  annotation,
  DEFAULT_SERVICE_ACCOUNT,
  environmentVariable,
  jobName,
  label,
  MANAGED_BY,
  ownAnnotation,
  POD_FINALIZER,
} from '../../k8s/names.js';
import { InputsTooLargeError } from '../../ogc/domain-errors.js';
import type { RequestedOutput } from '../../processes/request/execute-request.js';
import type { TraceParent } from '../../tracing/trace-context.js';
import type { JobNotes } from '../../processes/processor.js';
import type { RequestedResponse } from '../model/job-outcome.js';
import { type Asked, type Keeping, keepRequest } from '../requests/kept-request.js';
import type { TransferOffer } from './job-transfers.js';
import type { Subscription } from '../model/subscription.js';

/** 100 days, in seconds: how long the predecessor kept Jobs. */
export const DEFAULT_TTL_SECONDS = 100 * 24 * 3600;
/**
 * Of all annotations together, as JSON; inputs that would make them longer are omitted, the largest first. etcd keeps every Job, and each
 * informer its own copy: whatever a client sends, a Job stays under 32 KB beside the inputs that its pod is given.
 */
const MOST_ANNOTATION_BYTES = 20 * 1024;

export interface ExecutionJobOptions {
  readonly namespace: string;
  readonly prefix: string;
  readonly jobId: string;
  readonly processId: string;
  readonly mainContainerName: string;
  /** Hardened already. */
  readonly podSpec: V1PodSpec;
  /** What the processor has to say of the job; default: nothing. */
  readonly notes?: JobNotes;
  /** Labels and annotations that the configuration puts on the pod; default: none. */
  readonly podMetadata?: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  /** Inputs as the job gets them. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Inputs as they may be shown. */
  readonly maskedInputs: Readonly<Record<string, unknown>>;
  /** What else is kept of the request to be shown; default: nothing. */
  readonly asked?: Asked;
  /** Key of the object in which inputs that have no room will stand; undefined: there is none. */
  readonly inputsKey?: string;
  /** Outputs that the request names, of those that the process describes; absent: all. */
  readonly requestedOutputs?: Readonly<Record<string, RequestedOutput>>;
  readonly mimetype: string;
  readonly request: RequestedResponse;
  /** Whether this server's finalizer collects logs and results. */
  readonly collected: boolean;
  /** Whether it goes to an archive when it has ended. */
  readonly archived?: boolean;
  readonly now: Date;
  readonly settings: JobSettings;
  /** Of an execution that is traced. */
  readonly trace?: TraceParent;
  /** Of an execution whose id is not the server's own choice: what tells its request from others (`Idempotency`). */
  readonly idempotencyDigest?: string;
  /** By which the job exchanges files. */
  readonly transfer?: Pick<TransferOffer, 'annotations' | 'environment'>;
  readonly subscription?: Subscription;
  /** The keyed hash of whose the job is that waits for its turn; undefined: it does not. */
  readonly lineCaller?: string;
  /** How many jobs of theirs may run at the same time. */
  readonly callerRunning?: RunningLimit;
  /** What the request calls the job. */
  readonly tags?: readonly string[];
  /** Whose the job is; undefined: nobody's. */
  readonly owner?: JobOwner;
}

/**
 * The Kubernetes Job of an execution: what the processor made, with names, annotations, environment and the pod finalizer.
 * Retention counts from the moment that everything is collected, every subscriber told, and the job archived, so such a Job is made with
 * the long default.
 * @throws InputsTooLargeError where it would keep too much of the request beside its inputs
 */
export function makeExecutionJob(options: ExecutionJobOptions): V1Job {
  return makeExecution(options).kubeJob;
}

/** As {@link makeExecutionJob}. @returns beside the Job the JSON of the inputs that are to stand under `inputsKey`, in this order */
export function makeExecution(options: ExecutionJobOptions): {
  readonly kubeJob: V1Job;
  readonly omitted: Keeping['omitted'];
} {
  const name = jobName(options.prefix, options.jobId);
  const own = { [label.managedBy]: MANAGED_BY, [label.component]: 'execution' };
  const { queueName, queuePriority } = options.settings;
  const queue = queueName
    ? { [label.queueName]: queueName, ...(queuePriority ? { [label.queuePriority]: queuePriority } : {}) }
    : {};
  const { lineCaller } = options;
  const line: Record<string, string> = lineCaller === undefined ? {} : { [label.caller]: lineCaller };
  const owner: Record<string, string> = options.owner ? { [label.owner]: options.owner.hash } : {};
  const labels = { ...options.notes?.labels, ...queue, ...line, ...owner, ...own };
  const podAnnotations = options.podMetadata?.annotations ?? {};
  const ttl = options.settings.ttlSeconds ?? DEFAULT_TTL_SECONDS;
  const { annotations, omitted } = makeAnnotations(options, name, ttl);
  const kubeJob: V1Job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: options.namespace, labels, annotations },
    spec: {
      // Kueue resumes it, or the replica that leads: it never runs past its queue, not even while they are away.
      ...(queueName || lineCaller !== undefined ? { suspend: true } : {}),
      ...makeRetries(options.settings),
      ttlSecondsAfterFinished: waits(options) ? Math.max(ttl, DEFAULT_TTL_SECONDS) : ttl,
      template: {
        metadata: {
          labels: { ...options.notes?.labels, ...options.podMetadata?.labels, ...owner, ...own },
          ...(Object.keys(podAnnotations).length > 0 ? { annotations: { ...podAnnotations } } : {}),
          ...(options.collected ? { finalizers: [POD_FINALIZER] } : {}),
        },
        spec: withSettings(withEnvironment(options), options.settings),
      },
    },
  };
  return { kubeJob, omitted };
}

/** Whether something is to be done before the retention of the Job counts. */
function waits({ collected, subscription, archived }: ExecutionJobOptions): boolean {
  return collected || subscription !== undefined || archived === true;
}

/**
 * Of containers that were ended by SIGKILL or SIGTERM. Kubernetes (seen on 1.37) applies the policy to pods of a Job that is suspended, too, while their objects are
 * there: one that its queue suspended is not to fail. So what ran out of memory there is tried again, too.
 */
const ENDED_BY_SIGNAL = [137, 143];

/**
 * A pod is replaced once it has ended, not while it ends: two attempts never run at once. A failure of the infrastructure is what puts the condition
 * `DisruptionTarget` on a pod (eviction, preemption, a lost node), or keeps its containers from running; where a container ends with another exit code than 0 the Job fails. Disruptions are counted, too, so that
 * a job that wears out its nodes comes to an end. It needs `restartPolicy: Never`.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
function makeRetries({ backoffLimit = 0, retriesInfrastructureOnly, queueName }: JobSettings): Partial<V1JobSpec> {
  if (backoffLimit === 0) return { backoffLimit };
  return {
    backoffLimit,
    podReplacementPolicy: 'Failed',
    ...(retriesInfrastructureOnly
      ? {
          podFailurePolicy: {
            rules: [
              { action: 'Count', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
              // A queueing system took the pod's place: https://kueue.sigs.k8s.io/docs/tasks/run/plain_pods/
              { action: 'Count', onPodConditions: [{ type: 'TerminationTarget', status: 'True' }] },
              {
                action: 'FailJob',
                onExitCodes: { operator: 'NotIn', values: queueName ? [0, ...ENDED_BY_SIGNAL] : [0] },
              },
            ],
          },
        }
      : {}),
  };
}

function makeOwner({ hash: _label, ...owner }: JobOwner): Record<string, string> {
  return { [ownAnnotation.owner]: JSON.stringify(owner) };
}

function makeAdmission({ settings: { queuePriority }, callerRunning }: ExecutionJobOptions): Record<string, string> {
  return {
    [ownAnnotation.admission]: WAITING,
    ...(queuePriority ? { [ownAnnotation.queuePriority]: queuePriority } : {}),
    ...(callerRunning === undefined ? {} : { [ownAnnotation.callerRunning]: String(callerRunning) }),
  };
}

function makeAnnotations(options: ExecutionJobOptions, name: string, ttl: number): Keeping {
  const now = options.now.toISOString();
  const messages = Object.entries(options.notes?.messages ?? {});
  const annotations = {
    ...Object.fromEntries(messages.map(([key, message]) => [ANNOTATION_PREFIX + key, message])),
    [annotation.identifier]: options.jobId,
    [annotation.processId]: options.processId,
    [annotation.jobName]: name,
    [annotation.started]: now,
    [annotation.updated]: now,
    [annotation.mimetype]: options.mimetype,
    [ownAnnotation.formatVersion]: '1',
    [ownAnnotation.mainContainer]: options.mainContainerName,
    [ownAnnotation.request]: JSON.stringify(options.request),
    ...(options.lineCaller === undefined ? {} : makeAdmission(options)),
    ...(options.owner ? makeOwner(options.owner) : {}),
    ...(options.tags ? { [ownAnnotation.tags]: JSON.stringify(options.tags) } : {}),
    ...options.transfer?.annotations,
    ...(options.trace ? { [ownAnnotation.traceparent]: options.trace.traceparent } : {}),
    ...(options.trace?.tracestate ? { [ownAnnotation.tracestate]: options.trace.tracestate } : {}),
    ...(options.idempotencyDigest === undefined ? {} : { [ownAnnotation.idempotency]: options.idempotencyDigest }),
    ...(options.collected
      ? {
          [ownAnnotation.collection]: 'pending',
          ...seconds(ownAnnotation.startDeadline, options.settings.startDeadlineSeconds),
          ...seconds(ownAnnotation.resultsTtl, options.settings.resultsTtlSeconds),
          ...seconds(ownAnnotation.queueDeadline, options.settings.queueDeadlineSeconds),
        }
      : {}),
    ...(options.subscription ? { [ownAnnotation.subscriber]: JSON.stringify(options.subscription) } : {}),
    ...(waits(options) ? { [ownAnnotation.ttl]: String(ttl) } : {}),
  };
  const size = Buffer.byteLength(JSON.stringify(annotations));
  if (size <= MOST_ANNOTATION_BYTES) {
    const { maskedInputs, asked = {}, inputsKey } = options;
    const kept = keepRequest(maskedInputs, asked, MOST_ANNOTATION_BYTES - size, inputsKey);
    return { annotations: { ...annotations, ...kept.annotations }, omitted: kept.omitted };
  }
  throw new InputsTooLargeError(
    `The request is too large: beside its inputs the job would keep ${size} bytes of it, and may keep ${MOST_ANNOTATION_BYTES}. ` +
      'Shorter addresses of subscribers and names make it smaller.',
  );
}

function seconds(name: string, value: number | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: String(value) };
}

/** The deadline stands on the pod, not on the Job: a Job's deadline deletes the pod, and its log goes with it. */
function withSettings(podSpec: V1PodSpec, settings: JobSettings): V1PodSpec {
  const { activeDeadlineSeconds } = settings;
  const automountServiceAccountToken = mountsToken(podSpec, settings);
  return {
    ...podSpec,
    ...(activeDeadlineSeconds === undefined ? {} : { activeDeadlineSeconds }),
    ...(automountServiceAccountToken === undefined ? {} : { automountServiceAccountToken }),
  };
}

/**
 * Whether the token of its service account is mounted into a pod: as the processor or the configuration says, else not, unless the pod has another
 * account than the namespace's default one, which somebody named for it.
 * @returns undefined: as the service account says
 */
function mountsToken(podSpec: V1PodSpec, settings: JobSettings): boolean | undefined {
  const asked = podSpec.automountServiceAccountToken ?? settings.automountServiceAccountToken;
  if (asked !== undefined) return asked;
  const account = podSpec.serviceAccountName || podSpec.serviceAccount || DEFAULT_SERVICE_ACCOUNT;
  return account === DEFAULT_SERVICE_ACCOUNT ? false : undefined;
}

function withEnvironment(options: ExecutionJobOptions): V1PodSpec {
  const common: V1EnvVar[] = [
    { name: environmentVariable.jobId, value: options.jobId },
    { name: environmentVariable.processId, value: options.processId },
  ];
  const transfer = (options.transfer?.environment ?? []).map(({ name, value }) => ({ name, value: verbatim(value) }));
  const inputs: V1EnvVar = { name: environmentVariable.inputs, value: verbatim(JSON.stringify(options.inputs)) };
  const byAddress = transfer.some(({ name }) => name === environmentVariable.inputsUrl);
  const { traceparent, tracestate } = options.trace ?? {};
  const traceVariables = [
    { name: environmentVariable.traceparent, value: traceparent },
    { name: environmentVariable.tracestate, value: tracestate && verbatim(tracestate) },
  ].filter(({ value }) => value !== undefined);
  const main = [
    ...common,
    ...(byAddress ? [] : [inputs]),
    ...requestedOutputs(options),
    ...transfer,
    ...traceVariables,
  ];
  const add = (container: V1Container, added: readonly V1EnvVar[]): V1Container => {
    const reserved = new Set(added.map((variable) => variable.name));
    return {
      ...container,
      env: [...added, ...(container.env ?? []).filter((variable) => !reserved.has(variable.name))],
    };
  };
  const { initContainers, containers } = options.podSpec;
  return {
    ...options.podSpec,
    ...(initContainers ? { initContainers: initContainers.map((container) => add(container, common)) } : {}),
    containers: containers.map((container) =>
      add(container, container.name === options.mainContainerName ? main : common),
    ),
  };
}

function requestedOutputs({ requestedOutputs: outputs }: ExecutionJobOptions): V1EnvVar[] {
  return outputs ? [{ name: environmentVariable.requestedOutputs, value: requestedOutputsValue(outputs) }] : [];
}

/** What the main container is told of the outputs that a request names, as it stands in the Job. */
export function requestedOutputsValue(outputs: Readonly<Record<string, RequestedOutput>>): string {
  const wanted = Object.entries(outputs).map(([id, { format }]) => [
    id,
    typeof format?.['mediaType'] === 'string' ? { mediaType: format['mediaType'] } : {},
  ]);
  return verbatim(JSON.stringify(Object.fromEntries(wanted)));
}

/** Kubernetes replaces `$(NAME)` in a variable's value, and `$$` by `$`: what must arrive as it is has each `$` doubled. */
function verbatim(value: string): string {
  return value.replaceAll('$', '$$$$');
}
