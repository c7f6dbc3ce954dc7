import { BEARER_SCHEME, optionalToken } from '../../ogc/requests/takes-token.js';
import { JOB_ID_PATTERN } from '../request/chosen-job-id.js';
import { LONGEST_TAG, MOST_TAGS } from '../request/tags.js';
import { LONGEST_HEADER } from '../../ogc/requests/longest-header.js';
import { exampleOf } from './example.js';
import { executeResponses } from './execute-responses.js';
import { localizeDescription } from '../description/localize.js';
import { toOpenApi30Schema, type SchemaConversion } from './openapi-schema.js';
import type { OperationObject, PathItemObject, SchemaObject } from './openapi-types.js';
import type { InputDescription } from '../description/process-description.js';
import type { RegisteredProcess } from '../registry/registered-process.js';

export const IDEMPOTENCY_KEY_DESCRIPTION =
  "A text of the client's choice, best a UUID in double quotes: a request that is repeated with the same key and body gives the same job, as long as that job exists. With another body it is refused (422). Keys of callers without token are one caller's.";

/** A string of RFC 9651 of 1 to 255 characters, or as many without quotes. */
export const idempotencyKeySchema: SchemaObject = {
  type: 'string',
  pattern: String.raw`^("([ !#-[\]-~]|\\["\\]){1,255}"|[!#-+\--[\]-~]{1,255})$`,
};

/** Of headers that are parsed. */
export const preferSchema: SchemaObject = { type: 'string', maxLength: LONGEST_HEADER };

/**
 * One documented execute operation per process, by path (OGC API - Processes 1.0, section 7.11).
 * @param languages of the texts, best first
 * @param toSchema of the document's version of OpenAPI
 */
export function executeOperations(
  processes: readonly RegisteredProcess[],
  languages: readonly string[] = [],
  toSchema: SchemaConversion = toOpenApi30Schema,
): Record<string, PathItemObject> {
  return Object.fromEntries(
    processes.map((process) => [
      `/processes/${encodeURIComponent(process.id)}/execution`,
      { post: executeOperation(process, languages, toSchema) },
    ]),
  );
}

function executeOperation(
  process: RegisteredProcess,
  languages: readonly string[],
  toSchema: SchemaConversion,
): OperationObject {
  const { title = process.id, description } = localizeDescription(process.description, languages);
  const token = 'Asks for the API token: as bearer, or as the input `token`.';
  const example = exampleOf(process);
  return {
    operationId: `execute_${encodeURIComponent(process.id)}`,
    tags: [title],
    summary: `Execute ${title}`,
    description: [description, process.requiresToken ? token : undefined].filter(Boolean).join('\n\n'),
    ...security(process),
    parameters: [preferParameter(process), idempotencyKeyParameter],
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: executeSchema(process, languages, toSchema), ...(example ? { example } : {}) },
      },
    },
    responses: executeResponses(process, toSchema),
  };
}

/** A processor that decides by itself may let some in without. */
function security({ requiresToken, checksAccess }: RegisteredProcess): Pick<OperationObject, 'security'> {
  if (checksAccess) return { security: optionalToken() };
  return requiresToken ? { security: [{ [BEARER_SCHEME]: [] }] } : {};
}

function preferParameter({ description: { jobControlOptions } }: RegisteredProcess) {
  const values = [
    ...(jobControlOptions.includes('async-execute') ? ['respond-async'] : []),
    ...(jobControlOptions.includes('sync-execute') ? ['wait=60'] : []),
    'return=minimal',
    'return=representation',
  ];
  return {
    name: 'Prefer',
    in: 'header' as const,
    required: false,
    description: `Preferences (RFC 7240), several divided by commas: ${values.map((value) => `\`${value}\``).join(', ')}`,
    schema: preferSchema,
  };
}

const idempotencyKeyParameter = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: false,
  description: IDEMPOTENCY_KEY_DESCRIPTION,
  schema: idempotencyKeySchema,
};

function executeSchema(
  process: RegisteredProcess,
  languages: readonly string[],
  toSchema: SchemaConversion,
): SchemaObject {
  const { inputs, outputs } = localizeDescription(process.description, languages);
  const ids = Object.keys(process.description.inputs);
  const required = ids.filter((id) => isRequired(process, id));
  return {
    type: 'object',
    ...(required.length > 0 ? { required: ['inputs'] } : {}),
    properties: {
      inputs: {
        type: 'object',
        ...(required.length > 0 ? { required } : {}),
        properties: Object.fromEntries(
          ids.map((id) => [id, inputSchema(inputs[id] as unknown as InputDescription, toSchema)]),
        ),
      },
      outputs: {
        type: 'object',
        description: 'The outputs asked for; without it, all',
        properties: Object.fromEntries(
          Object.entries(outputs).map(([id, output]) => [id, requestedOutput(process, output)]),
        ),
      },
      response: { type: 'string', enum: ['raw', 'document'], default: 'raw' },
      subscriber: subscriberSchema,
      job_id: jobIdSchema,
      tags: tagsSchema,
      ...queueProperty(process),
    },
  };
}

/** Only of processes that let their clients choose. */
function queueProperty({ queueChoices: { names, priorities } }: RegisteredProcess): Record<string, SchemaObject> {
  if (names.length + priorities.length === 0) return {};
  const oneOf = (allowed: readonly string[], description: string): SchemaObject => ({
    type: 'string',
    enum: [...allowed],
    description,
  });
  return {
    queue: {
      type: 'object',
      description: 'In which line of the cluster the job waits, and how urgently',
      additionalProperties: false,
      properties: {
        ...(names.length > 0 ? { name: oneOf(names, 'The LocalQueue') } : {}),
        ...(priorities.length > 0
          ? {
              priority: oneOf(
                priorities,
                'How urgent it is: a WorkloadPriorityClass, or a priority in the line of the server',
              ),
            }
          : {}),
      },
    },
  };
}

export const tagsSchema: SchemaObject = {
  type: 'array',
  maxItems: MOST_TAGS,
  uniqueItems: true,
  items: { type: 'string', minLength: 1, maxLength: LONGEST_TAG },
  description: 'What the job is to be found by: texts of one line, without blanks at their ends',
};

export const jobIdSchema: SchemaObject = {
  type: 'string',
  format: 'uuid',
  pattern: JOB_ID_PATTERN,
  description:
    'The id that the job shall have; without it the server chooses one. One that is taken is refused (409), and so is any beside an `Idempotency-Key` (400)',
};

const subscriberSchema: SchemaObject = {
  type: 'object',
  description:
    'Addresses that are called (POST): `successUri` with the results document, `failedUri` and `inProgressUri` with the status. Calls carry the headers of Standard Webhooks; an address that does not answer is tried again for a day.',
  properties: Object.fromEntries(
    ['successUri', 'failedUri', 'inProgressUri'].map((name) => [
      name,
      { type: 'string', format: 'uri', maxLength: 2048 },
    ]),
  ),
};

/** The token may come as bearer, so that it is not required as an input. */
function isRequired({ description, requiresToken }: RegisteredProcess, id: string): boolean {
  const input = description.inputs[id];
  if (!input || (requiresToken && id === 'token')) return false;
  const hasDefault = typeof input.schema === 'object' && input.schema['default'] !== undefined;
  return (input.minOccurs ?? 1) > 0 && !hasDefault;
}

export function inputSchema(
  { schema, title, description, minOccurs = 1, maxOccurs = 1 }: InputDescription,
  toSchema: SchemaConversion,
): SchemaObject {
  const texts = {
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof description === 'string' ? { description } : {}),
  };
  const one = toSchema(schema);
  if (maxOccurs !== 'unbounded' && maxOccurs <= 1) return { ...one, ...texts };
  const several: SchemaObject = {
    type: 'array',
    items: one,
    minItems: minOccurs,
    ...(maxOccurs === 'unbounded' ? {} : { maxItems: maxOccurs }),
  };
  return { ...texts, ...(minOccurs <= 1 ? { oneOf: [several, one] } : several) };
}

function requestedOutput(process: RegisteredProcess, output: Readonly<Record<string, unknown>>): SchemaObject {
  return {
    type: 'object',
    ...(typeof output['title'] === 'string' ? { title: output['title'] } : {}),
    properties: {
      transmissionMode: { type: 'string', enum: [...process.description.outputTransmission] },
      format: {
        type: 'object',
        properties: { mediaType: { type: 'string' }, encoding: { type: 'string' }, schema: {} },
      },
    },
  };
}
