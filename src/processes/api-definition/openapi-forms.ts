import { problemResponse } from '../../ogc/api-problem.js';
import { localizeDescription } from '../description/localize.js';
import type { InputDescription } from '../description/process-description.js';
import type { RegisteredProcess } from '../registry/registered-process.js';
import { executeOperations, inputSchema } from './openapi-processes.js';
import { toOpenApi30Schema, type SchemaConversion } from './openapi-schema.js';
import type { OperationObject, PathItemObject, SchemaObject } from './openapi-types.js';

const text: SchemaObject = { type: 'string' };
const file: SchemaObject = { type: 'string', format: 'binary' };
const uri: SchemaObject = { type: 'string', format: 'uri' };

/** Endings that a field may have beside an input's name. */
const ENDING = /\.(?:json|href|type|choice|zone)$/;

const DESCRIPTION =
  'Takes what the form of the page sends, or any other: each input as a field `input.ID`, a text or a file (`curl -F input.ID=@file`). ' +
  'Who asks for JSON by name is answered as by the execution, as if `respond-async` were preferred; others are led to the page of the job. ' +
  'What a page of another site sends is refused.';

/**
 * One documented operation per process that takes a form, by path; it goes beyond the standard.
 * @param languages of the texts, best first
 * @param toSchema of the document's version of OpenAPI
 */
export function formOperations(
  processes: readonly RegisteredProcess[],
  languages: readonly string[] = [],
  toSchema: SchemaConversion = toOpenApi30Schema,
): Record<string, PathItemObject> {
  const executions = Object.values(executeOperations(processes, languages, toSchema));
  return Object.fromEntries(
    processes.map((process, at) => [
      `/processes/${encodeURIComponent(process.id)}/form`,
      { post: formOperation(process, languages, toSchema, executions[at]?.post) },
    ]),
  );
}

function formOperation(
  process: RegisteredProcess,
  languages: readonly string[],
  toSchema: SchemaConversion,
  execution: OperationObject | undefined,
): OperationObject {
  const { title = process.id } = localizeDescription(process.description, languages);
  const { 200: results, 204: _none, ...responses } = execution?.responses ?? {};
  const content = { ...(results && 'content' in results ? results.content : {}), 'text/html': { schema: text } };
  const schemaOf = (takesFiles: boolean) => formSchema(process, languages, toSchema, takesFiles);
  const token = process.requiresToken
    ? ' Asks for the API token: as bearer, or as the field `token`, before all files.'
    : '';
  return {
    ...execution,
    operationId: `executeForm_${encodeURIComponent(process.id)}`,
    summary: `Execute ${title} by a form`,
    description: DESCRIPTION + token,
    requestBody: {
      required: true,
      content: {
        'multipart/form-data': { schema: schemaOf(true) },
        'application/x-www-form-urlencoded': { schema: schemaOf(false) },
      },
    },
    responses: {
      ...responses,
      200: { description: 'The page of the form (`check`, `example`); where JSON is asked for, the results', content },
      303: {
        description: 'The job was created: its page, or its results (`more.mode=sync`)',
        headers: { Location: { description: 'Address of the page', schema: uri } },
      },
      403: problemResponse('The form is of a page of another site'),
      413: problemResponse('The form, or a file of it, is too large; a file has a JSON Pointer'),
      415: problemResponse('The body is no form'),
    },
  };
}

function formSchema(
  process: RegisteredProcess,
  languages: readonly string[],
  toSchema: SchemaConversion,
  takesFiles: boolean,
): SchemaObject {
  const { inputs } = localizeDescription(process.description, languages);
  const ids = Object.keys(process.description.inputs).filter((id) => id !== 'token');
  const fields = ids.flatMap((id) => {
    const name = `input.${escaped(id)}`;
    const { title, description, ...schema } = inputSchema(inputs[id] as unknown as InputDescription, toSchema);
    const words = { ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { description }) };
    return [
      [name, takesFiles ? { ...words, anyOf: [schema, file] } : { ...words, ...schema }],
      [`${name}.json`, { type: 'string', description: 'The same as JSON' }],
      [`${name}.href`, { ...uri, description: 'An address where it is' }],
      [`${name}.type`, { type: 'string', description: 'The media type of what is at the address' }],
    ];
  });
  return { type: 'object', properties: { ...Object.fromEntries(fields), ...moreFields(process) } };
}

/** As in an execute request. */
function moreFields({ description }: RegisteredProcess): Record<string, SchemaObject> {
  const { outputs, outputTransmission, jobControlOptions } = description;
  const ids = Object.keys(outputs);
  return {
    ...Object.fromEntries(ids.map((id) => [`more.output.${id}`, { ...text, description: 'Asks for this output' }])),
    ...Object.fromEntries(ids.map((id) => [`more.transmission.${id}`, { ...text, enum: [...outputTransmission] }])),
    'more.response': { ...text, enum: ['raw', 'document'] },
    'more.mode': {
      ...text,
      enum: [
        ...(jobControlOptions.includes('async-execute') ? ['async'] : []),
        ...(jobControlOptions.includes('sync-execute') ? ['sync'] : []),
      ],
    },
    ...Object.fromEntries(
      ['successUri', 'failedUri', 'inProgressUri'].map((event) => [`more.subscriber.${event}`, { ...uri }]),
    ),
    'more.tags': { ...text, description: 'What the job is to be found by, one a line' },
    'more.inputs.json': { ...text, description: 'Other inputs, as a JSON object' },
    'more.outputs.json': { ...text, description: 'The outputs with their formats, as a JSON object' },
    token: { ...text, description: 'The API token; before all files' },
    check: { ...text, description: 'The request is checked, not executed' },
    example: { ...text, description: 'The example is filled in, and nothing executed' },
  };
}

/** As fields are named (docs/execute.md, forms). */
function escaped(id: string): string {
  const plain = id.replace(/~/g, '~0').replace(/\//g, '~1');
  return plain.replace(ENDING, (ending) => `~2${ending.slice(1)}`);
}
