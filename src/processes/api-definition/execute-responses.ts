import { problemResponse } from '../../ogc/api-problem.js';
import type { OutputDescription } from '../description/process-description.js';
import type { RegisteredProcess } from '../registry/registered-process.js';
import type { SchemaConversion } from './openapi-schema.js';
import type { ReferenceObject, ResponseObject, SchemaObject } from './openapi-types.js';

/** What executing a process may answer: what its job control options allow. @param toSchema of the document's version of OpenAPI */
export function executeResponses(
  process: RegisteredProcess,
  toSchema: SchemaConversion,
): Record<string, ResponseObject> {
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
    429: problemResponse(
      'There are as many jobs as may be, or you have as much as one caller may; Retry-After says when to try again',
    ),
    431: problemResponse('A header that is read has more than 1024 characters'),
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
