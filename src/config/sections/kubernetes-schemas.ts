/**
 * JSON Schemas of the parts of a pod that the configuration takes as Kubernetes has them (API reference v1.34, core/v1 and meta/v1), with the rules of the
 * API server's validation, so that what it would refuse at each execution is found at start.
 */

const NAME = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
const DOMAIN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';

const labelKey = {
  type: 'string',
  pattern: `^(${DOMAIN}/)?${NAME}$`,
  description: 'the name of a label, such as example.org/zone',
};
const labelValue = {
  type: 'string',
  pattern: `^(${NAME})?$`,
  description:
    'a text of at most 63 letters, digits, "-", "_" and ".", quoted where it looks like a number or a boolean',
};
const text = { type: 'string' };
const texts = { type: 'array', items: text };
const labelValues = { type: 'array', items: labelValue };
const positive = { type: 'integer', minimum: 1 };
const weight = { type: 'integer', minimum: 1, maximum: 100, description: 'an integer from 1 to 100' };
const list = (items: object, rules: object = {}) => ({ type: 'array', items, ...rules });
const fields = (properties: object, required: readonly string[] = [], rules: object = {}) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
  ...rules,
});

/** `then` where `key` is one of these. */
const where = (key: string, values: readonly string[], then: object) => ({
  if: { type: 'object', properties: { [key]: { enum: values } }, required: [key] },
  then,
});
const noValues = {
  properties: { values: { maxItems: 0, description: 'left out where operator is Exists or DoesNotExist' } },
};
const someValues = { properties: { values: { minItems: 1 } }, required: ['values'] };

const labels = { type: 'object', propertyNames: labelKey, additionalProperties: labelValue };

const labelSelector = fields({
  matchLabels: labels,
  matchExpressions: list(
    fields(
      { key: labelKey, operator: { enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] }, values: labelValues },
      ['key', 'operator'],
      {
        allOf: [
          where('operator', ['In', 'NotIn'], someValues),
          where('operator', ['Exists', 'DoesNotExist'], noValues),
        ],
      },
    ),
  ),
});

const oneInteger = {
  properties: {
    values: {
      minItems: 1,
      maxItems: 1,
      items: { type: 'string', pattern: '^-?\\d+$', description: 'an integer in quotes where operator is Gt or Lt' },
      description: 'one integer in quotes where operator is Gt or Lt',
    },
  },
  required: ['values'],
};

const nodeSelectorTerm = fields({
  matchExpressions: list(
    fields(
      { key: labelKey, operator: { enum: ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'] }, values: texts },
      ['key', 'operator'],
      {
        allOf: [
          where('operator', ['In', 'NotIn'], someValues),
          where('operator', ['Exists', 'DoesNotExist'], noValues),
          where('operator', ['Gt', 'Lt'], oneInteger),
        ],
      },
    ),
  ),
  matchFields: list(
    fields(
      {
        key: { enum: ['metadata.name'] },
        operator: { enum: ['In', 'NotIn'] },
        values: { type: 'array', items: text, minItems: 1, maxItems: 1, description: 'a list of one name of a node' },
      },
      ['key', 'operator', 'values'],
    ),
  ),
});

const podAffinityTerm = fields(
  {
    labelSelector,
    topologyKey: labelKey,
    namespaces: texts,
    namespaceSelector: labelSelector,
    matchLabelKeys: list(labelKey),
    mismatchLabelKeys: list(labelKey),
  },
  ['topologyKey'],
);
const podAffinity = fields({
  requiredDuringSchedulingIgnoredDuringExecution: list(podAffinityTerm),
  preferredDuringSchedulingIgnoredDuringExecution: list(
    fields({ weight, podAffinityTerm }, ['weight', 'podAffinityTerm']),
  ),
});

/** https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/ */
export const affinitySchema = fields({
  nodeAffinity: fields({
    requiredDuringSchedulingIgnoredDuringExecution: fields(
      { nodeSelectorTerms: list(nodeSelectorTerm, { minItems: 1 }) },
      ['nodeSelectorTerms'],
    ),
    preferredDuringSchedulingIgnoredDuringExecution: list(
      fields({ weight, preference: nodeSelectorTerm }, ['weight', 'preference']),
    ),
  }),
  podAffinity,
  podAntiAffinity: podAffinity,
});

/**
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
 * `toleration_seconds` is Python's spelling, which the predecessor took.
 */
export const tolerationsSchema = list(
  fields(
    {
      key: { ...labelKey, pattern: `^$|${labelKey.pattern}` },
      operator: { enum: ['Exists', 'Equal'] },
      value: labelValue,
      effect: { enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] },
      tolerationSeconds: { type: 'integer' },
      toleration_seconds: { type: 'integer' },
    },
    [],
    {
      allOf: [
        where('operator', ['Exists'], {
          properties: { value: { const: '', description: 'left out where operator is Exists' } },
        }),
        {
          if: { anyOf: [{ properties: { key: { const: '' } } }, { not: { required: ['key'] } }] },
          then: {
            properties: { operator: { const: 'Exists', description: 'Exists where there is no key' } },
            required: ['operator'],
          },
        },
        {
          if: { anyOf: [{ required: ['tolerationSeconds'] }, { required: ['toleration_seconds'] }] },
          then: {
            properties: { effect: { const: 'NoExecute', description: 'NoExecute where seconds are set' } },
            required: ['effect'],
          },
        },
      ],
    },
  ),
);

const nodePolicy = { enum: ['Honor', 'Ignore'] };
/** https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/ Without a selector a constraint counts no pods: it must be there. */
export const topologySpreadSchema = list(
  fields(
    {
      maxSkew: positive,
      topologyKey: labelKey,
      whenUnsatisfiable: { enum: ['DoNotSchedule', 'ScheduleAnyway'] },
      labelSelector,
      minDomains: positive,
      nodeAffinityPolicy: nodePolicy,
      nodeTaintsPolicy: nodePolicy,
      matchLabelKeys: list(labelKey),
    },
    ['maxSkew', 'topologyKey', 'whenUnsatisfiable', 'labelSelector'],
    {
      allOf: [
        where('whenUnsatisfiable', ['ScheduleAnyway'], {
          properties: { minDomains: { not: {}, description: 'left out where whenUnsatisfiable is ScheduleAnyway' } },
        }),
      ],
    },
  ),
);

export const nodeSelectorSchema = labels;

/** Names of this server, of the Job controller and of the predecessor, which jobs and their collection rely on. */
const reservedLabels =
  '^(app\\.kubernetes\\.io/(managed-by|component)|job-name|controller-uid|batch\\.kubernetes\\.io/.*)$';
const reservedAnnotations = '^((processes\\.)?pygeoapi\\.io|batch\\.kubernetes\\.io)/';
const unless = (reserved: string) => ({
  not: { pattern: reserved },
  description: 'none that the server or the Job controller sets',
});

export const podLabelsSchema = { ...labels, propertyNames: { allOf: [labelKey, unless(reservedLabels)] } };

export const podAnnotationsSchema = {
  type: 'object',
  propertyNames: {
    allOf: [
      {
        ...labelKey,
        pattern: `^(${DOMAIN}/)?${NAME}$`,
        description: 'the name of an annotation, such as example.org/team',
      },
      unless(reservedAnnotations),
    ],
  },
  additionalProperties: text,
};

/** https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#extended-resources */
export const extendedResourcesSchema = {
  type: 'object',
  propertyNames: {
    pattern: `^(?!([^/]*\\.)?kubernetes\\.io/)(?!requests\\.)${DOMAIN}/${NAME}$`,
    description: 'the name of an extended resource, such as nvidia.com/gpu (others stand in resources)',
  },
  additionalProperties: {
    type: ['integer', 'string'],
    minimum: 1,
    pattern: '^[1-9]\\d*$',
    description: 'an integer of at least 1',
  },
};
