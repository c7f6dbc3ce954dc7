import type { ErrorObject } from 'ajv/dist/2020.js';
import { missingZone } from '../../ogc/date-times.js';
import type { RequestFault } from '../../ogc/domain-errors.js';
import { ExactNumber } from '../../json/exact-number.js';
import { pointerTo } from '../../json/json-pointer.js';
import { isSecretName } from './secrets.js';

/**
 * Turns the errors of ajv (`verbose`) into sentences, one per fault: alternatives (`oneOf`, `anyOf`) become one fault. A scalar value is
 * repeated, shortened, unless a name on its path looks secret.
 */
export function describeErrors(errors: readonly ErrorObject[], base: string): RequestFault[] {
  return describeGroups(groups(errors), base);
}

/** An error, and those of its alternatives. */
interface Group {
  readonly error: ErrorObject;
  readonly branches: readonly Group[];
}

/** Errors of alternatives stand directly before the one that says that none of them fits. */
function groups(errors: readonly ErrorObject[]): Group[] {
  const grouped: Group[] = [];
  for (const error of errors) {
    const branches: Group[] = [];
    if (error.keyword === 'oneOf' || error.keyword === 'anyOf')
      for (let last = grouped.at(-1); last && isInside(last.error, error); last = grouped.at(-1)) {
        branches.push(last);
        grouped.pop();
      }
    grouped.push({ error, branches: branches.reverse() });
  }
  return grouped;
}

function isInside(error: ErrorObject, alternatives: ErrorObject): boolean {
  return (
    error.schemaPath.startsWith(`${alternatives.schemaPath}/`) &&
    (error.instancePath === alternatives.instancePath || error.instancePath.startsWith(`${alternatives.instancePath}/`))
  );
}

function describeGroups(grouped: readonly Group[], base: string): RequestFault[] {
  const faults = new Map<string, RequestFault>();
  for (const { error, branches } of grouped) {
    if (error.keyword === 'if' || error.keyword === 'propertyNames') continue;
    const fault = toFault(error, base, branches);
    const key = JSON.stringify([fault.pointer, fault.message]);
    if (!faults.has(key)) faults.set(key, fault);
  }
  return [...faults.values()];
}

/** A message without the value found. */
export function withoutValue(message: string): string {
  return message.replace(/ \(is .*\)$/s, '');
}

type Params = Readonly<Record<string, unknown>>;

function toFault(error: ErrorObject, base: string, branches: readonly Group[]): RequestFault {
  const pointer = base + error.instancePath;
  const params = error.params as Params;
  switch (error.keyword) {
    case 'required':
      return { pointer: pointerTo(pointer, String(params['missingProperty'])), message: 'is missing; it is required' };
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = shortened(String(params['additionalProperty'] ?? params['unevaluatedProperty']));
      const known = Object.keys((error.parentSchema?.['properties'] ?? {}) as object);
      const message = known.length > 0 ? `is not known; known are ${known.join(', ')}` : 'is not allowed';
      return { pointer: pointerTo(pointer, name), message };
    }
    case 'oneOf':
    case 'anyOf':
      return { pointer, message: alternativesMessage(error, branches) + shown(error, pointer) };
    default:
      return { pointer, message: expectation(error, params) + shown(error, pointer) };
  }
}

function alternativesMessage(error: ErrorObject, branches: readonly Group[]): string {
  const params = error.params as Params;
  if (Array.isArray(params['passingSchemas']))
    return 'must match only one of the allowed alternatives, and matches several';
  const sentences = describeGroups(branches, '').map(({ pointer, message }) => {
    const inside = pointer.slice(error.instancePath.length);
    return `${inside ? `${inside} ` : ''}${withoutValue(message)}`;
  });
  const different = [...new Set(sentences)];
  const rest = different.length > MOST_ALTERNATIVES ? ', or others' : '';
  return `must match one of the allowed alternatives: ${different.slice(0, MOST_ALTERNATIVES).join(', or ')}${rest}`;
}

const MOST_ALTERNATIVES = 20;

const limits: Readonly<Record<string, string>> = {
  '>=': 'at least',
  '<=': 'at most',
  '>': 'more than',
  '<': 'less than',
};

/** One English sentence part per keyword of JSON Schema 2020-12. */
function expectation(error: ErrorObject, params: Params): string {
  const limit = params['limit'];
  switch (error.keyword) {
    case 'type':
      return `must be ${[params['type']]
        .flat()
        .map((type) => withArticle(String(type)))
        .join(' or ')}`;
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).map((value) => JSON.stringify(value)).join(', ')}`;
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}`;
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `must be ${limits[String(params['comparison'])]} ${String(limit)}`;
    case 'multipleOf':
      return `must be a multiple of ${String(params['multipleOf'])}`;
    case 'minLength':
      return `must have at least ${counted(limit, 'character')}`;
    case 'maxLength':
      return `must have at most ${counted(limit, 'character')}`;
    case 'minItems':
      return `must have at least ${counted(limit, 'item')}`;
    case 'maxItems':
      return `must have at most ${counted(limit, 'item')}`;
    case 'minProperties':
    case 'maxProperties':
      return `must have ${error.keyword.startsWith('min') ? 'at least' : 'at most'} ${String(limit)} properties`;
    case 'uniqueItems':
      return `must not hold the same item twice (items ${String(params['j'])} and ${String(params['i'])})`;
    case 'pattern':
      return `must match the regular expression ${String(params['pattern'])}`;
    case 'format': {
      const zone =
        typeof error.data === 'string' && /^(date-)?time$/.test(String(params['format']))
          ? missingZone(error.data)
          : undefined;
      if (zone !== undefined) return zone;
      return `must be of the format ${String(params['format'])}`;
    }
    case 'x-ogc-base64':
      return 'must be base64';
    case 'not':
    case 'false schema':
      return 'is not allowed';
    default:
      return error.message ?? `does not fulfil ${error.keyword}`;
  }
}

function withArticle(type: string): string {
  if (type === 'null') return type;
  return `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`;
}

function counted(count: unknown, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

const MAX_SHOWN = 60;

function shown(error: ErrorObject, pointer: string): string {
  if (isSecretName(pointer)) return '';
  const value: unknown = error.data;
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return ` (is ${String(value)})`;
  if (value instanceof ExactNumber) return ` (is ${shortened(value.text)})`;
  if (typeof value !== 'string')
    return error.keyword === 'type' ? ` (is ${Array.isArray(value) ? 'an array' : 'an object'})` : '';
  return ` (is ${JSON.stringify(shortened(value))})`;
}

function shortened(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
