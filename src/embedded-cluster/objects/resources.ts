import { isDeepStrictEqual } from 'node:util';
import { cause, type Cause } from './api-error.js';
import { isTerminal, type ClusterEvent, type Job, type KeyedData, type Pod } from './kubernetes-object.js';
import { labelCauses } from './names.js';
import { failurePolicyCauses } from './pod-failure-policy.js';
import { defaultPodSpec, podSpecCauses } from './pod-template.js';
import type { Resource } from './resource.js';

const keyedData = {
  group: '',
  version: 'v1',
  namespaced: true,
  defaultPropagation: 'Background',
  validate: (object: KeyedData): Cause[] =>
    Object.entries(object.data ?? {}).flatMap(([key, value]) =>
      typeof value === 'string' ? [] : [cause.invalid(`data[${key}]`, value, 'must be a string')],
    ),
} as const;

export const namespaces: Resource = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  singular: 'namespace',
  kind: 'Namespace',
  namespaced: false,
  shortNames: ['ns'],
  defaultPropagation: 'Background',
  prepare(namespace) {
    namespace.spec ??= { finalizers: [] };
    namespace.status = { phase: 'Active' };
  },
  validate: (namespace) => labelCauses('metadata.name', namespace.metadata.name),
};

export const pods: Resource<Pod> = {
  group: '',
  version: 'v1',
  plural: 'pods',
  singular: 'pod',
  kind: 'Pod',
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  statusSubresource: true,
  answersDeleted: true,
  selectableFields: ['status.phase', 'status.podIP', 'spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName'],
  defaultPropagation: 'Background',
  prepare(pod) {
    if (pod.spec) {
      defaultPodSpec(pod.spec);
      pod.spec.enableServiceLinks ??= true;
      pod.spec.preemptionPolicy ??= 'PreemptLowerPriority';
      pod.spec.priority ??= 0;
      pod.spec.serviceAccountName ??= 'default';
    }
    pod.status = { phase: 'Pending', qosClass: qosClass(pod.spec) };
  },
  validate: (pod) => podSpecCauses(pod.spec, 'spec', ['Always', 'OnFailure', 'Never']),
  validateUpdate(next, previous) {
    const unchangeable = ({ spec }: Pod): unknown => ({
      ...spec,
      activeDeadlineSeconds: undefined,
      terminationGracePeriodSeconds: undefined,
      tolerations: undefined,
      nodeName: undefined,
      containers: spec.containers.map((container) => ({ ...container, image: undefined })),
      initContainers: (spec.initContainers ?? []).map((container) => ({ ...container, image: undefined })),
    });
    if (isDeepStrictEqual(unchangeable(next), unchangeable(previous))) return [];
    return [
      cause.forbidden(
        'spec',
        'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
      ),
    ];
  },
  gracePeriod: (pod, requested) =>
    !pod.spec.nodeName || isTerminal(pod) ? 0 : Math.max(0, requested ?? pod.spec.terminationGracePeriodSeconds ?? 30),
};

function qosClass(spec: Pod['spec'] | undefined): string {
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const lists = containers.flatMap(({ resources }) => [resources?.requests ?? {}, resources?.limits ?? {}]);
  if (lists.every((list) => Object.keys(list).length === 0)) return 'BestEffort';
  const guaranteed = containers.every(({ resources }) =>
    ['cpu', 'memory'].every(
      (name) =>
        resources?.limits?.[name] && (resources.requests?.[name] ?? resources.limits[name]) === resources.limits[name],
    ),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

export const jobs: Resource<Job> = {
  group: 'batch',
  version: 'v1',
  plural: 'jobs',
  singular: 'job',
  kind: 'Job',
  namespaced: true,
  categories: ['all'],
  statusSubresource: true,
  selectableFields: ['status.successful'],
  defaultPropagation: 'Orphan',
  prepare(job) {
    job.spec ??= { template: {} };
    const { spec } = job;
    spec.template ??= {};
    const { uid = '', name = '' } = job.metadata;
    const labels = {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': name,
      'controller-uid': uid,
      'job-name': name,
    };
    spec.completions ??= 1;
    spec.parallelism ??= 1;
    spec.backoffLimit ??= 6;
    spec.completionMode ??= 'NonIndexed';
    spec.manualSelector ??= false;
    spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
    spec.suspend ??= false;
    spec.selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
    spec.template.metadata = { ...spec.template.metadata, labels: { ...spec.template.metadata?.labels, ...labels } };
    job.metadata.labels = { ...labels, ...job.metadata.labels };
    if (spec.template.spec) {
      const { restartPolicy } = spec.template.spec;
      defaultPodSpec(spec.template.spec);
      spec.template.spec.restartPolicy = restartPolicy;
    }
    job.status = {};
  },
  validate(job) {
    const { spec, metadata } = job;
    const causes = podSpecCauses(spec.template.spec, 'spec.template.spec', ['OnFailure', 'Never']);
    if (metadata.name.length > 63)
      causes.push(cause.invalid('spec.template.labels', metadata.name, 'must be no more than 63 characters'));
    for (const name of [
      'completions',
      'parallelism',
      'backoffLimit',
      'activeDeadlineSeconds',
      'ttlSecondsAfterFinished',
    ] as const) {
      const value = spec[name];
      if (value !== undefined && !(Number.isInteger(value) && value >= 0)) {
        causes.push(cause.invalid(`spec.${name}`, value, 'must be greater than or equal to 0'));
      }
    }
    const unknown: Cause[] = [
      ...(spec.completionMode === 'NonIndexed'
        ? []
        : [cause.unsupported('spec.completionMode', String(spec.completionMode), ['NonIndexed'])]),
      ...failurePolicyCauses(spec),
      ...(spec.successPolicy
        ? [cause.forbidden('spec.successPolicy', 'the embedded cluster knows no success policy')]
        : []),
    ];
    return [...causes, ...unknown];
  },
  validateUpdate(next, previous) {
    const causes: Cause[] = [];
    for (const name of ['template', 'selector', 'completions', 'completionMode'] as const) {
      if (!isDeepStrictEqual(next.spec[name], previous.spec[name])) {
        causes.push(cause.invalid(`spec.${name}`, next.spec[name], 'field is immutable'));
      }
    }
    return causes;
  },
};

export const events: Resource<ClusterEvent> = {
  group: '',
  version: 'v1',
  plural: 'events',
  singular: 'event',
  kind: 'Event',
  namespaced: true,
  shortNames: ['ev'],
  selectableFields: [
    ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
      (field) => `involvedObject.${field}`,
    ),
    'reason',
    'type',
    'source',
    'reportingComponent',
  ],
  defaultPropagation: 'Background',
  validate: (event) =>
    (event.involvedObject?.namespace ?? '') === '' || event.involvedObject.namespace === event.metadata.namespace
      ? []
      : [cause.invalid('involvedObject.namespace', event.involvedObject.namespace, 'does not match event.namespace')],
};

export const secrets: Resource<KeyedData> = {
  ...keyedData,
  plural: 'secrets',
  singular: 'secret',
  kind: 'Secret',
  selectableFields: ['type'],
  prepare(secret) {
    for (const [key, value] of Object.entries(secret.stringData ?? {})) {
      secret.data = { ...secret.data, [key]: Buffer.from(value).toString('base64') };
    }
    delete secret.stringData;
    Object.assign(secret, { type: (secret as { type?: string }).type ?? 'Opaque' });
  },
};

export const configMaps: Resource<KeyedData> = {
  ...keyedData,
  plural: 'configmaps',
  singular: 'configmap',
  kind: 'ConfigMap',
  shortNames: ['cm'],
};

export const serviceAccounts: Resource = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  kind: 'ServiceAccount',
  namespaced: true,
  shortNames: ['sa'],
  defaultPropagation: 'Background',
};

export const leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  singular: 'lease',
  kind: 'Lease',
  namespaced: true,
  defaultPropagation: 'Background',
};

/** The only user may do everything. */
const accessReviews: Resource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'selfsubjectaccessreviews',
  singular: 'selfsubjectaccessreview',
  kind: 'SelfSubjectAccessReview',
  namespaced: false,
  virtual: true,
  defaultPropagation: 'Background',
  prepare(review) {
    review.status = { allowed: true };
  },
};

/** All that the embedded cluster serves. */
export const RESOURCES: readonly Resource[] = [
  namespaces,
  pods,
  events,
  secrets,
  configMaps,
  serviceAccounts,
  jobs as Resource,
  leases,
  accessReviews,
] as readonly Resource[];
