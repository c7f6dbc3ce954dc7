import type { V1PodSpec } from '@kubernetes/client-node';
import { ProcessorFault } from './processor-calls.js';
import { describeErrors, withoutValue } from '../schema/schema-faults.js';
import { isMapping } from '../../config/validation.js';
import { ownSchema } from '../../json/own-schema.js';

const text = { type: 'string', minLength: 1 };
const texts = { type: ['array', 'null'], items: { type: 'string' } };
const named = { type: 'object', properties: { name: text }, required: ['name'] };
const list = (items: object) => ({ type: ['array', 'null'], items });
const context = { type: ['object', 'null'] };
const container = {
  type: 'object',
  properties: {
    name: { type: 'string', pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$' },
    image: text,
    command: texts,
    args: texts,
    env: list({ ...named, properties: { name: text, value: { type: ['string', 'null'] } } }),
    securityContext: context,
    volumeMounts: list(named),
  },
  required: ['name', 'image'],
};

/** What this server relies on; the rest is for the cluster to judge, which refuses what it does not know. */
const errorsOf = ownSchema(
  {
    type: 'object',
    properties: {
      containers: { type: 'array', minItems: 1, items: container },
      initContainers: list(container),
      volumes: list(named),
      securityContext: context,
      restartPolicy: { enum: ['Never', null] },
    },
    required: ['containers'],
  },
  { allErrors: true, strict: false, verbose: true },
);

/**
 * What a processor returned, as a pod specification: a copy of its JSON, so that nothing can be changed in it afterwards. `restartPolicy` is
 * `Never`: the pod of a Job of this server runs once.
 * @throws ProcessorFault that names every fault
 */
export function checkedPodSpec(returned: unknown, mainContainerName: string): V1PodSpec {
  const value = plainCopy(returned);
  if (isMapping(value) && !('containers' in value) && ('spec' in value || 'template' in value))
    throw new ProcessorFault('must return the specification of a pod, not an object that has one in its member spec');
  const errors = errorsOf(value);
  if (errors.length > 0) {
    const faults = describeErrors(errors, '');
    throw wrong(faults.map(({ pointer, message }) => `${pointer || 'it'} ${withoutValue(message)}`));
  }
  const { initContainers, ...podSpec } = value as V1PodSpec;
  const faults = nameFaults(podSpec, initContainers ?? [], mainContainerName);
  if (faults.length > 0) throw wrong(faults);
  return { ...podSpec, restartPolicy: 'Never', ...(initContainers ? { initContainers } : {}) };
}

function nameFaults(
  { containers }: V1PodSpec,
  initContainers: NonNullable<V1PodSpec['initContainers']>,
  mainContainerName: string,
): string[] {
  const names = [...initContainers, ...containers].map(({ name }) => name);
  const repeated = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
  const faults = repeated.map((name) => `more than one container has the name "${name}"`);
  if (!containers.some(({ name }) => name === mainContainerName))
    faults.push(
      `/containers must hold the main container "${mainContainerName}" (holds ${containers.map(({ name }) => `"${name}"`).join(', ')})`,
    );
  return faults;
}

function plainCopy(value: unknown): unknown {
  try {
    const json = JSON.stringify(value) as string | undefined;
    return json === undefined ? undefined : (JSON.parse(json) as unknown);
  } catch (error) {
    throw new ProcessorFault(
      `returned what cannot be written as JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function wrong(faults: readonly string[]): ProcessorFault {
  return new ProcessorFault(`returned an invalid pod specification: ${faults.join('; ')}`);
}
