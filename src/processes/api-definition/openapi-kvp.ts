import { localizeDescription } from '../description/localize.js';
import type { InputDescription } from '../description/process-description.js';
import type { RegisteredProcess } from '../registry/registered-process.js';
import type { OperationObject, PathItemObject, SchemaObject } from './openapi-types.js';

type Parameter = NonNullable<OperationObject['parameters']>[number];

/**
 * The execute operations with those by `GET` beside them, which answer the same (OGC API - Processes 2.0 draft, clause 16).
 * @param operations of the processes, by path
 * @param languages of the texts, best first
 */
export function withOperationsByGet(
  operations: Readonly<Record<string, PathItemObject>>,
  processes: readonly RegisteredProcess[],
  languages: readonly string[] = [],
): Record<string, PathItemObject> {
  const paths = { ...operations };
  for (const process of processes) {
    const path = `/processes/${encodeURIComponent(process.id)}/execution`;
    const post = paths[path]?.post;
    if (post) paths[path] = { ...paths[path], get: operationByGet(process, post, languages) };
  }
  return paths;
}

function operationByGet(
  process: RegisteredProcess,
  { requestBody: _body, ...post }: OperationObject,
  languages: readonly string[],
): OperationObject {
  const { title = process.id, description, inputs, outputs } = localizeDescription(process.description, languages);
  const ofInputs = Object.entries(process.description.inputs)
    .filter(([id]) => !(process.requiresToken && id === 'token'))
    .map(([id, input]) => inputParameter(id, input, inputs[id] ?? {}));
  const ofOutputs = Object.keys(outputs).filter((id) => !Object.hasOwn(inputs, id) && id !== 'response');
  return {
    ...post,
    operationId: `executeByParameters_${encodeURIComponent(process.id)}`,
    summary: `Execute ${title}, with inputs as parameters`,
    description: [description, process.requiresToken ? 'Asks for the API token, as bearer.' : undefined]
      .filter(Boolean)
      .join('\n\n'),
    parameters: [
      ...ofInputs,
      ...ofOutputs.map(outputParameter),
      ...(Object.hasOwn(inputs, 'response') ? [] : [RESPONSE]),
      ...(post.parameters ?? []),
    ],
  };
}

const RESPONSE: Parameter = {
  name: 'response',
  in: 'query',
  required: false,
  style: 'deepObject',
  explode: true,
  description: 'In the place of the headers Accept and Prefer',
  schema: { type: 'object', properties: { f: { type: 'string' }, prefer: { type: 'string' } } },
};

/**
 * What is neither text nor a number nor a truth value is JSON, or given as a link or a qualified value: of that a
 * parameter can say no more.
 */
function inputParameter(
  id: string,
  { schema, maxOccurs = 1 }: InputDescription,
  { title, description }: Readonly<Record<string, unknown>>,
): Parameter {
  const type = typeof schema === 'object' ? schema['type'] : undefined;
  const one: SchemaObject = {
    type: typeof type === 'string' && ['number', 'integer', 'boolean'].includes(type) ? type : 'string',
  };
  const isSeveral = maxOccurs === 'unbounded' || maxOccurs > 1;
  const text = [title, description].filter((part) => typeof part === 'string').join(': ');
  return {
    name: id,
    in: 'query',
    required: false,
    style: 'form',
    explode: false,
    ...(text === '' ? {} : { description: text }),
    schema: isSeveral ? { type: 'array', items: one } : one,
  };
}

function outputParameter(id: string): Parameter {
  const string: SchemaObject = { type: 'string' };
  return {
    name: id,
    in: 'query',
    required: false,
    style: 'deepObject',
    explode: true,
    schema: {
      type: 'object',
      required: ['include'],
      properties: { include: { type: 'boolean' }, mediaType: string, encoding: string, schema: string },
    },
  };
}
