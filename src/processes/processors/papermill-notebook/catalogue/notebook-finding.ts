import { ownSchema } from '../../../../json/own-schema.js';
import type { InputDescription } from '../../../description/process-description.js';
import { schemaOfType } from './python-type.js';

/** A parameter as `inspect_notebooks.py` tells of it. */
export interface FoundParameter {
  readonly name: string;
  /** The annotation, what stands after `# type:`, or what the default is; null: not known. */
  readonly type: string | null;
  /** The comment beside it. */
  readonly help: string;
  /** The default as it stands in the notebook; empty where it is not to be shown. */
  readonly source: string;
  /** The default, where it is a value that JSON has. */
  readonly default?: unknown;
}

/** A notebook as `inspect_notebooks.py` tells of it. */
export interface FoundNotebook {
  /** Index of what was looked for. */
  readonly entry: number;
  /** Absolute. */
  readonly path: string;
  readonly title?: string;
  readonly description?: string;
  /** Absent: they cannot be found out. */
  readonly parameters?: readonly FoundParameter[];
  readonly problem?: string;
}

export interface FoundNotebooks {
  readonly notebooks: readonly FoundNotebook[];
  readonly problems: readonly string[];
}

const optionalText = { type: 'string' };
const foundSchema = {
  type: 'object',
  properties: {
    notebooks: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          entry: { type: 'integer', minimum: 0 },
          path: { type: 'string', minLength: 1 },
          title: optionalText,
          description: optionalText,
          problem: optionalText,
          parameters: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                name: { type: 'string', minLength: 1 },
                type: { type: ['string', 'null'] },
                help: optionalText,
                source: optionalText,
              },
              required: ['name', 'type', 'help', 'source'],
            },
          },
        },
        required: ['entry', 'path'],
      },
    },
    problems: { type: 'array', items: optionalText },
  },
  required: ['notebooks', 'problems'],
};

const errorsOf = ownSchema(foundSchema, { strict: false });

/** What an inspection found, where it is what the inspecting program prints. */
export function readFoundNotebooks(value: unknown): FoundNotebooks | undefined {
  return errorsOf(value).length === 0 ? (value as FoundNotebooks) : undefined;
}

/** The inputs of a process that runs a notebook with these parameters. None is required: the notebook has a value for each. */
export function inputsOf(parameters: readonly FoundParameter[]): Record<string, InputDescription> {
  return Object.fromEntries(parameters.map((parameter) => [parameter.name, inputOf(parameter)]));
}

function inputOf(parameter: FoundParameter): InputDescription {
  const { name, type, help, source } = parameter;
  const given = Object.hasOwn(parameter, 'default');
  const schema = type === null ? {} : schemaOfType(type);
  const isShown = given && parameter.default !== null && fits(schema, parameter.default);
  const remarks = [
    help,
    type !== null && Object.keys(schema).length === 0 ? `Type in the notebook: ${type}` : '',
    !isShown && source !== '' && source !== 'None' ? `Default in the notebook: ${source}` : '',
  ].filter((text) => text !== '');
  return {
    title: name,
    ...(remarks.length > 0 ? { description: remarks.join('\n') } : {}),
    schema: { ...schema, ...(isShown ? { default: parameter.default } : {}) },
    minOccurs: 0,
    maxOccurs: 1,
  };
}

/** By the text of the schema: of parameters few are of other types, and catalogues are looked at again and again. */
const checks = new Map<string, ReturnType<typeof ownSchema>>();
const MOST_CHECKS = 500;

function fits(schema: object, value: unknown): boolean {
  const text = JSON.stringify(schema);
  const errorsOf = checks.get(text) ?? ownSchema(schema, { strict: false, validateFormats: false });
  if (checks.size >= MOST_CHECKS) checks.clear();
  checks.set(text, errorsOf);
  return errorsOf(value).length === 0;
}
