import { isSecretName } from '../processes/schema/secrets.js';

/** One control of an execute form. */
export interface FormField {
  readonly id: string;
  /** `json`: a text area whose text is JSON; `choice` and `boolean`: a list to choose from. */
  readonly kind: 'text' | 'long-text' | 'password' | 'number' | 'integer' | 'boolean' | 'choice' | 'date' | 'json';
  readonly required: boolean;
  /** What the control shows at first: text, or JSON where `kind` says so. */
  readonly initial?: string;
  /** JSON texts, of a choice. */
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

type Members = Readonly<Record<string, unknown>>;

/** Of a control's name; other fields of the form cannot be taken for an input. */
export const INPUT_PREFIX = 'input.';

export const TOKEN_FIELD = 'token';
/** Of the form that dismisses a job: what its button said, where it did not say that the job would be removed. */
export const DISMISSAL_FIELD = 'as';
export const DISMISS = 'dismiss';

export function fieldName(id: string): string {
  return INPUT_PREFIX + id;
}

/** The controls for the inputs of a process: simple schemas have one of their own, all others take JSON. */
export function formFields(inputs: Readonly<Record<string, Members>>): FormField[] {
  return Object.entries(inputs)
    .filter(([id]) => id !== TOKEN_FIELD)
    .map(([id, input]) => toField(id, input));
}

function toField(id: string, input: Members): FormField {
  const schema = isMembers(input['schema']) ? input['schema'] : {};
  const fallback = schema['default'] ?? undefined;
  const required = (numberOf(input['minOccurs']) ?? 1) > 0 && fallback === undefined;
  const kind = fieldKind(id, input);
  const isText = kind === 'text' || kind === 'long-text' || kind === 'password' || kind === 'date';
  return {
    id,
    kind,
    required,
    ...(fallback === undefined || kind === 'password'
      ? {}
      : { initial: isText ? String(fallback) : JSON.stringify(fallback, undefined, kind === 'json' ? 2 : undefined) }),
    ...(kind === 'choice' ? { choices: (schema['enum'] as unknown[]).map((value) => JSON.stringify(value)) } : {}),
    ...withoutUndefined({
      minimum: numberOf(schema['minimum']),
      maximum: numberOf(schema['maximum']),
      minLength: numberOf(schema['minLength']),
      maxLength: numberOf(schema['maxLength']),
    }),
  };
}

/** How the value of an input is filled in. */
export function fieldKind(id: string, { schema, maxOccurs }: Members): FormField['kind'] {
  const single = maxOccurs === undefined || maxOccurs === 1;
  return single ? kindOf(id, isMembers(schema) ? schema : {}) : 'json';
}

function kindOf(id: string, schema: Members): FormField['kind'] {
  if (Array.isArray(schema['enum']) && schema['enum'].length > 0) return 'choice';
  const type = typeOf(schema);
  switch (type) {
    case 'boolean':
    case 'number':
    case 'integer':
      return type;
    case 'string':
      if (isSecretName(id)) return 'password';
      if (schema['format'] === 'date') return 'date';
      return schema['contentMediaType'] === undefined && schema['contentEncoding'] === undefined ? 'text' : 'long-text';
    default:
      return 'json';
  }
}

/** The only type of values beside null: a control that is left empty is no input. */
function typeOf({ type }: Members): unknown {
  const types = Array.isArray(type) ? type.filter((one) => one !== 'null') : [type];
  return types.length === 1 ? types[0] : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutUndefined<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>;
}
