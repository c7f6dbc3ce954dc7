import type { ConfigurationFault } from '../../config/configuration-error.js';
import { joinIndex, joinPath } from '../../config/paths.js';
import { ownSchema } from '../../json/own-schema.js';
import type { RequestFault } from '../../ogc/domain-errors.js';
import type { CommonDefinition, ConfiguredProcess } from '../processor.js';
import { isMediaType } from './media-type.js';
import type { OutputDescription, ProcessDescription } from './process-description.js';
import type { JsonSchema } from '../schema/json-schema.js';
import { fromOpenApiDialect } from '../schema/openapi-dialect.js';
import { describeErrors, withoutValue } from '../schema/schema-faults.js';
import { isMapping } from '../../config/validation.js';

type Unchecked = Readonly<Record<string, unknown>>;

/**
 * The description that a definition's `metadata` gives (OGC API - Processes 1.0, schema process.yaml), over the processor's own defaults, key by key.
 * The id is the resource's, whatever the metadata says; keys without a value are left out. Its content is not trusted:
 * {@link descriptionFaults} tells what is wrong with it.
 */
export function describeFromMetadata(
  process: ConfiguredProcess<{ metadata?: Unchecked }>,
  defaults: Partial<ProcessDescription> = {},
): ProcessDescription {
  const metadata = withoutNulls({ ...defaults, ...withoutNulls(process.definition.metadata ?? {}) });
  return {
    version: '1.0.0',
    jobControlOptions: ['async-execute'],
    outputTransmission: ['value', 'reference'],
    links: [],
    ...metadata,
    ...(typeof metadata['version'] === 'number' ? { version: String(metadata['version']) } : {}),
    id: process.id,
    inputs: eachWithoutNulls(metadata['inputs'] ?? {}),
    outputs: eachWithoutNulls(metadata['outputs'] ?? {}),
  } as ProcessDescription;
}

/** Media type of a result that does not say its own: the definition's, else the only output's, else JSON. */
export function resultMediaType(definition: CommonDefinition, description: ProcessDescription): string {
  const outputs = Object.values(description.outputs);
  const [only] = outputs.length === 1 ? outputs : [];
  return definition.mimetype ?? (only && declaredMediaType(only)) ?? 'application/json';
}

/** The media type that an output's schema names; undefined where it is none that can stand in a header. */
export function declaredMediaType({ schema }: Pick<OutputDescription, 'schema'>): string | undefined {
  const declared = typeof schema === 'object' ? schema['contentMediaType'] : undefined;
  const mediaType = typeof declared === 'string' ? declared.trim() : '';
  return isMediaType(mediaType) ? mediaType : undefined;
}

const string = { type: 'string' };
const text = { anyOf: [string, { type: 'object', additionalProperties: string }] };
const strings = { type: 'array', items: string };
const described = {
  title: text,
  description: text,
  keywords: { anyOf: [strings, { type: 'object', additionalProperties: strings }] },
};
const valueSchema = { type: ['object', 'boolean'] };
const occurs = { type: 'integer', minimum: 0 };
const mostOccurs = { anyOf: [{ type: 'integer', minimum: 1 }, { const: 'unbounded' }] };

const descriptionSchema = {
  type: 'object',
  properties: {
    id: { type: 'string', minLength: 1 },
    version: { type: 'string', minLength: 1 },
    ...described,
    jobControlOptions: { type: 'array', minItems: 1, items: { enum: ['sync-execute', 'async-execute', 'dismiss'] } },
    outputTransmission: { type: 'array', minItems: 1, items: { enum: ['value', 'reference'] } },
    links: {
      type: 'array',
      items: {
        type: 'object',
        properties: { href: string, rel: string, type: string, title: string, hreflang: string },
        required: ['href', 'rel'],
      },
    },
    inputs: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        properties: {
          ...described,
          schema: valueSchema,
          minOccurs: occurs,
          maxOccurs: mostOccurs,
        },
        required: ['schema'],
      },
    },
    outputs: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        properties: { ...described, schema: valueSchema, maxOccurs: mostOccurs },
        required: ['schema'],
      },
    },
    example: { type: 'object', properties: { inputs: { type: 'object' } } },
  },
  required: ['id', 'version', 'jobControlOptions', 'outputTransmission', 'links', 'inputs', 'outputs'],
};

const errorsOf = ownSchema(descriptionSchema, { allErrors: true, strict: false, verbose: true });

/**
 * What is wrong with a description, before anything relies on its type.
 * @param path of the metadata in the file
 */
export function descriptionFaults(description: unknown, path: string): ConfigurationFault[] {
  const errors = errorsOf(description);
  if (errors.length === 0) return controlFaults(description as ProcessDescription, path);
  return describeErrors(errors, '').map((fault) => configurationFault(fault, path));
}

/** The same description with every schema in draft 2020-12: those of OpenAPI 3.0, the dialect of 1.0's schema.yaml, are translated. */
export function withoutOpenApiDialect(description: ProcessDescription): ProcessDescription {
  const translated = <T extends { readonly schema: JsonSchema }>(described: Readonly<Record<string, T>>) =>
    Object.fromEntries(
      Object.entries(described).map(([id, each]) => [id, { ...each, schema: fromOpenApiDialect(each.schema) }]),
    );
  return { ...description, inputs: translated(description.inputs), outputs: translated(description.outputs) };
}

/** A fault found by a JSON Pointer, as one of the file. The value is left out: it may come from the environment. */
export function configurationFault({ pointer, message }: RequestFault, path: string): ConfigurationFault {
  const names = pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const at = names.reduce(
    (parent, name) => (/^\d+$/.test(name) ? joinIndex(parent, name) : joinPath(parent, name)),
    path,
  );
  return { path: at, message: withoutValue(message) };
}

function controlFaults(description: ProcessDescription, path: string): ConfigurationFault[] {
  const runs = description.jobControlOptions.some((option) => option !== 'dismiss');
  const faults = runs
    ? []
    : [{ path: `${path}.jobControlOptions`, message: 'must hold sync-execute or async-execute' }];
  for (const [id, { minOccurs = 1, maxOccurs = 1 }] of Object.entries(description.inputs)) {
    if (maxOccurs !== 'unbounded' && minOccurs > maxOccurs)
      faults.push({
        path: `${joinPath(`${path}.inputs`, id)}.minOccurs`,
        message: `must not be more than maxOccurs (is ${minOccurs}, maxOccurs is ${maxOccurs})`,
      });
  }
  return faults;
}

function withoutNulls(record: Unchecked): Unchecked {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null && value !== undefined));
}

function eachWithoutNulls(described: unknown): unknown {
  if (!isMapping(described)) return described;
  return Object.fromEntries(
    Object.entries(described).map(([id, value]) => [id, isMapping(value) ? withoutNulls(value) : value]),
  );
}
