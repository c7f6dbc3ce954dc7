import { posix } from 'node:path';
import type { RequestFault } from '../../../../ogc/domain-errors.js';
import { isMapping } from '../../../../config/validation.js';
import type { InputDescription } from '../../../description/process-description.js';
import type { ContainerDefinition } from '../definition/container.definition.js';
import { matchesWhole } from '../definition/definition-constraints.js';
import type { RequestedResources } from '../definition/make-resources.js';

type Inputs = Readonly<Record<string, unknown>>;

/** What both processors let a client say of the pod. */
export interface ContainerInputs extends RequestedResources {
  readonly result_data_directory?: string;
  readonly run_on_fargate?: boolean;
  readonly node_purpose?: string;
}

const quantity = {
  type: ['string', 'number'],
  pattern: '^(\\+?(\\d+\\.?\\d*|\\.\\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\\d+)?)?$',
  minimum: 0,
};

export const optional = (title: string, description: string, schema: object): InputDescription => ({
  title,
  description,
  schema: schema as InputDescription['schema'],
  minOccurs: 0,
  maxOccurs: 1,
});

/** Descriptions of {@link ContainerInputs}. */
export const containerInputs: Readonly<Record<string, InputDescription>> = {
  cpu_limit: optional('CPU limit', 'Most CPU that the job gets, as a Kubernetes quantity such as 500m or 2.', quantity),
  mem_limit: optional('Memory limit', 'Most memory that the job gets, such as 2Gi; with more it is ended.', quantity),
  cpu_requests: optional('CPU request', 'CPU that is reserved for the job.', quantity),
  mem_requests: optional('Memory request', 'Memory that is reserved for the job.', quantity),
  result_data_directory: optional(
    'Folder for result data',
    'Folder to which the fixed path for result data leads, so that the job need not know its name; {job_name} stands for the name of the job. Made where it does not exist.',
    { type: 'string', pattern: '^[^\\u0000]*$', maxLength: 1024 },
  ),
  run_on_fargate: optional('Run on Fargate', 'Whether the job runs on AWS Fargate, where this server allows it.', {
    type: 'boolean',
  }),
  node_purpose: optional(
    'Node purpose',
    'Purpose of the nodes on which the job may run, where this server allows it.',
    {
      type: 'string',
      pattern: '^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$',
    },
  ),
};

/** The inputs without qualification (`{value, mediaType}`), and without those that are empty texts: the predecessor's clients send such. */
export function plainInputs(inputs: Inputs, objects: readonly string[] = []): Inputs {
  const plain = Object.entries(inputs).map(([id, input]) => [
    id,
    !objects.includes(id) && isMapping(input) && 'value' in input ? input['value'] : input,
  ]);
  return Object.fromEntries(plain.filter(([, value]) => value !== '' && value !== null && value !== undefined));
}

/** What JSON Schema cannot say of {@link ContainerInputs}. */
export function containerFaults(
  definition: ContainerDefinition,
  { run_on_fargate: onFargate, node_purpose: purpose, result_data_directory: folder }: ContainerInputs,
): RequestFault[] {
  const faults: RequestFault[] = [];
  if (onFargate === true && definition.allow_fargate !== true)
    faults.push({ pointer: '/inputs/run_on_fargate', message: 'must not be true: this process does not allow it' });
  if (purpose !== undefined && !isAllowed(definition.allowed_node_purposes_regex, purpose))
    faults.push({
      pointer: '/inputs/node_purpose',
      message: `must be a purpose that this process allows: ${definition.allowed_node_purposes_regex ?? 'it allows none'}`,
    });
  if (folder !== undefined && !isInside(folder))
    faults.push({ pointer: '/inputs/result_data_directory', message: 'must be a relative path without ".."' });
  return faults;
}

/** Whether a whole text matches what the definition allows; nothing is allowed where it does not say. */
export function isAllowed(pattern: string | undefined, text: string): boolean {
  return pattern !== undefined && matchesWhole(pattern, text);
}

/** Whether a relative path leads into the folder that it counts from. */
export function isInside(path: string): boolean {
  return !posix.isAbsolute(path) && !climbs(path) && posix.normalize(path) !== '.';
}

export function climbs(path: string): boolean {
  return path.split('/').includes('..');
}
