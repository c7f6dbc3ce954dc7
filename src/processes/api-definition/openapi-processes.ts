import { problemResponse } from '../../ogc/api-problem.js';
import { BEARER_SCHEME, optionalToken } from '../../ogc/requests/takes-token.js';
import { JOB_ID_PATTERN } from '../request/chosen-job-id.js';
import { LONGEST_HEADER } from '../../ogc/requests/longest-header.js';
import { exampleOf } from './example.js';
import { localizeDescription } from '../description/localize.js';
import { toOpenApi30Schema, type SchemaConversion } from './openapi-schema.js';
import type {
  OperationObject,
  PathItemObject,
  ReferenceObject,
  ResponseObject,
  SchemaObject,
} from './openapi-types.js';
import type { InputDescription, OutputDescription } from '../description/process-description.js';
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
    responses: responses(process, toSchema),
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

function inputSchema(
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

/** Those that the process's job control options allow. */
function responses(process: RegisteredProcess, toSchema: SchemaConversion): Record<string, ResponseObject> {
  const { jobControlOptions } = process.description;
  return {
    ...(jobControlOptions.includes('sync-execute') ? { 200: results(process, toSchema), 204: noResults() } : {}),
    ...(jobControlOptions.includes('async-execute') ? { 201: accepted() } : {}),
    400: problemResponse('The request does not fit the description; each fault has a JSON Pointer'),
    ...(process.requiresToken ? { 401: problemResponse('The API token is missing or wrong') } : {}),
    404: problemResponse('There is no such process'),
    409: problemResponse('The `job_id` of the body is taken'),
    413: problemResponse('The request is too large'),
    415: problemResponse('The body is not JSON'),
    422: problemResponse('The Idempotency-Key was used with another body'),
    429: problemResponse('There are as many jobs as may be; try again after the seconds of the Retry-After header'),
    500: problemResponse('The execution failed'),
    503: problemResponse(
      'The cluster does not answer, or is full; try again after the seconds of the Retry-After header',
    ),
    ...(jobControlOptions.includes('async-execute')
      ? {}
      : { 504: problemResponse('The job takes longer than a request may wait; it goes on') }),
  };
}

function results(process: RegisteredProcess, toSchema: SchemaConversion): ResponseObject {
  const outputs = Object.values<OutputDescription>(process.description.outputs);
  const [only] = outputs;
  const isJson = /[/+]json\b/i.test(process.mimetype);
  const schema: SchemaObject | ReferenceObject =
    outputs.length === 1 && only && isJson ? toSchema(only.schema) : isJson ? {} : { type: 'string' };
  const several = outputs.length > 1;
  return {
    description:
      'The results, by `response`: `raw` in the media type of the output (a job may name another), `document` as JSON',
    content: {
      'application/json': { schema: { type: 'object' } },
      ...(several ? Object.fromEntries(outputs.map(outputContent)) : {}),
      ...(several ? { 'multipart/related': { schema: { type: 'string', format: 'binary' } } } : {}),
      [process.mimetype]: { schema },
    },
  };
}

/** One of several outputs, where it is the only one that was asked for. */
function outputContent({ schema }: OutputDescription): [string, { schema: SchemaObject }] {
  const { type, contentMediaType } = typeof schema === 'object' ? schema : {};
  if (type !== 'string') return ['application/json', { schema: {} }];
  return [typeof contentMediaType === 'string' ? contentMediaType : 'text/plain', { schema: { type: 'string' } }];
}

function noResults(): ResponseObject {
  return { description: 'The execution was successful and has no results' };
}

function accepted(): ResponseObject {
  const string = { type: 'string' };
  return {
    description: 'The job was created; its status',
    headers: { Location: { description: 'Address of the job', schema: { type: 'string', format: 'uri' } } },
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: ['jobID', 'status', 'type'],
          properties: {
            jobID: string,
            processID: string,
            type: { type: 'string', enum: ['process'] },
            status: { type: 'string', enum: ['accepted', 'running', 'successful', 'failed', 'dismissed'] },
            message: string,
            created: { type: 'string', format: 'date-time' },
            progress: { type: 'integer', minimum: 0, maximum: 100 },
            links: { type: 'array', items: { type: 'object' } },
          },
        },
      },
    },
  };
}
