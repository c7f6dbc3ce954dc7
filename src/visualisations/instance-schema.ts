import type { ErrorObject } from 'ajv/dist/2020.js';
import { describeFound } from '../config/validation.js';
import { ownSchema } from '../json/own-schema.js';

const LABEL = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
const DNS_NAME = `${LABEL}(\\.${LABEL})*`;
const LABEL_NAME = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
const QUANTITY = '^([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][0-9]+)?$';
/** PVs do not take more; a path of one part, which can leave neither the volume nor its folder. */
const PROJECT_ID = '^[A-Za-z0-9]([-A-Za-z0-9_.]{0,251}[A-Za-z0-9])?$';

/** A name of another object, or the empty text, which counts as none. */
const name = (description: string) => ({
  type: 'string',
  maxLength: 253,
  pattern: `^(${DNS_NAME})?$`,
  description,
});
const quantity = (description: string) => ({
  anyOf: [{ type: 'integer' }, { type: 'string' }],
  pattern: QUANTITY,
  maxLength: 32,
  description,
});
const amounts = {
  type: 'object',
  properties: { cpu: quantity('a quantity such as 500m'), memory: quantity('a quantity such as 1Gi') },
};
const id = (minimum: number, description: string) => ({ type: 'integer', minimum, maximum: 2 ** 31 - 1, description });

/**
 * `spec.imDataManager` as the operator takes it; `description` completes "must be". The manifest of the CustomResourceDefinition says the same, and a
 * spec holds that it does; here it stands again because an older definition in the cluster may let more pass.
 */
export const instanceSchema = {
  type: 'object',
  required: ['imageTag'],
  properties: {
    taskId: { type: 'string', maxLength: 253, description: 'text' },
    imageTag: {
      type: 'string',
      pattern: '^[A-Za-z0-9_][-A-Za-z0-9_.]{0,127}$',
      description: 'the tag of an image, such as 0.1.4',
    },
    serviceAccountName: name('the name of a ServiceAccount'),
    automountServiceAccountToken: {
      type: 'boolean',
      description: 'whether the token of its ServiceAccount is mounted',
    },
    resources: { type: 'object', properties: { requests: amounts, limits: amounts } },
    securityContext: {
      type: 'object',
      properties: {
        runAsUser: id(1, 'a user id other than root’s'),
        runAsGroup: id(0, 'a group id'),
        fsGroup: id(0, 'a group id'),
      },
      additionalProperties: false,
    },
    project: {
      type: 'object',
      required: ['claimName', 'id'],
      properties: {
        claimName: { ...name('the name of a PersistentVolumeClaim'), minLength: 1 },
        id: {
          type: 'string',
          pattern: PROJECT_ID,
          description: 'the id of a project: letters, digits, and - _ . between them',
        },
      },
    },
    ingressClass: name('the name of an ingress class'),
    ingressDomain: name('a host name'),
    ingressTlsSecret: name('the name of a Secret'),
    ingressProxyBodySize: {
      type: 'string',
      pattern: '^([0-9]{1,15}[kKmMgG]?)?$',
      description: 'a size as nginx takes it, such as 10m',
    },
    gateway: {
      type: 'string',
      maxLength: 571,
      pattern: `^(${LABEL}(/${DNS_NAME}){1,2})?$`,
      description: 'a Gateway as NAMESPACE/NAME or NAMESPACE/NAME/SECTION',
    },
    imagePullSecrets: {
      type: ['array', 'string'],
      maxItems: 16,
      items: { ...name('the name of a Secret'), minLength: 1 },
      maxLength: 253,
      pattern: `^(${DNS_NAME})?$`,
      description: 'a list of at most 16 names of Secrets, or one name',
    },
    labels: {
      type: 'array',
      maxItems: 64,
      items: {
        type: 'string',
        maxLength: 381,
        pattern: `^(${DNS_NAME}/)?${LABEL_NAME}=(${LABEL_NAME})?$`,
        description: 'a label KEY=VALUE, each as Kubernetes takes it',
      },
      description: 'a list of at most 64 labels KEY=VALUE',
    },
  },
} as const;

/** Values that `spec.imDataManager` may hold, several times what its fields can: of more, not each fault can be looked for. */
export const MOST_VALUES = 1000;

/** Whether there are more values in a value, at any depth, than {@link MOST_VALUES}. */
export function hasTooMany(value: unknown): boolean {
  const left = [value];
  for (let seen = 1; left.length > 0; seen += 1) {
    const next = left.pop();
    const within: unknown[] = typeof next === 'object' && next !== null ? Object.values(next) : [];
    if (seen + left.length + within.length > MOST_VALUES) return true;
    left.push(...within);
  }
  return false;
}

const errorsOf = ownSchema(instanceSchema, { allErrors: true, verbose: true, strict: false });

/** What is wrong with `spec.imDataManager`, each as a sentence that begins with its place; empty: nothing. */
export function instanceFaults(value: unknown): string[] {
  // Of an alternative each branch complains: the one about the alternative itself is enough. One sentence for one place.
  const errors = errorsOf(value).filter(({ schemaPath }) => !/\/anyOf\/\d/.test(schemaPath));
  return [...new Map(errors.map((error) => [placeOf(error), sentence(error)])).values()];
}

function placeOf({ instancePath, params }: ErrorObject): string {
  const steps = instancePath.split('/').slice(1);
  const at = steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join('');
  const { missingProperty, additionalProperty } = params as Readonly<Record<string, string | undefined>>;
  const property = missingProperty ?? additionalProperty;
  return `spec.imDataManager${at}${property === undefined ? '' : `.${property}`}`;
}

function sentence(error: ErrorObject): string {
  const place = placeOf(error);
  const { description, type, properties } = (error.parentSchema ?? {}) as {
    description?: string;
    type?: string;
    properties?: object;
  };
  if (error.keyword === 'required') return `${place} is missing`;
  if (error.keyword === 'additionalProperties')
    return `${place} is not allowed; allowed are ${Object.keys(properties ?? {}).join(', ')}`;
  return `${place} must be ${description ?? `an ${type}`} (${describeFound(error.data)})`;
}
