import { MOST_FAULTS, type RequestFault } from '../../ogc/domain-errors.js';
import type { InputDescription } from '../description/process-description.js';
import { copyJson } from '../../json/plain-json.js';
import { type JsonType, UnreadValue } from '../../json/unread-value.js';
import type { SchemaCheck } from '../schema/schema-compiler.js';
import { pointerTo } from '../../json/json-pointer.js';
import { describeErrors } from '../schema/schema-faults.js';
import { takenTexts, type TakenTexts } from '../schema/taken-texts.js';
import { isMapping } from '../../config/validation.js';

/** The inputs with defaults filled in, and everything that is wrong with them. */
export interface ValidatedInputs {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly faults: readonly RequestFault[];
  /** Values given by link, which are still to be checked. */
  readonly links: readonly LinkedValue[];
}

/** A value given by link for an input that describes the value itself, not a link. */
export interface LinkedValue {
  /** JSON Pointer of the link in the request. */
  readonly pointer: string;
  readonly href: string;
  /** Media type, as the link says it. */
  readonly type?: string;
  /** Which texts fit the schema, where that can be said without what is at the link. */
  readonly texts?: TakenTexts;
  /** JSON Pointers of what in the value does not fit the input's schema; empty: it fits. */
  readonly misfits: (value: unknown) => readonly string[];
}

/** One input of a process with its compiled schema. */
export interface CheckedInput {
  readonly id: string;
  readonly description: InputDescription;
  readonly errorsOf: SchemaCheck;
}

/** Inputs that a process takes beside those that it describes: any, or these. */
export type Undescribed = 'any' | readonly CheckedInput[];

/** Of one input; who fetches them takes fewer. */
const MOST_LINKED = 1_000;

type Inputs = Readonly<Record<string, unknown>>;

/**
 * Checks the inputs of an execute request (OGC API - Processes 1.0, sections 7.11.2 and 7.11.3):
 *
 * - a process that declares no inputs says nothing of them: whatever is given is passed on, as the predecessor did;
 * - an omitted input takes its schema's `default`, and is a fault where it is required and has none;
 * - an input that is not described is passed on as it is, or is a fault;
 * - where `maxOccurs` is more than 1, an array holds several values, each checked against the schema; one value needs no array;
 * - a qualified value (`{value, mediaType | format, ...}`) is checked by its `value` where the schema does not take the object itself;
 * - a link (`{href, ...}`) is taken where the schema takes the object (`format: ogc-link`, say), and passed on; elsewhere what is at the link has to fit the schema, which the caller checks.
 *
 * Values are returned as they were sent.
 */
export function validateInputs(
  processId: string,
  known: readonly CheckedInput[],
  given: Inputs,
  undescribed: Undescribed = [],
): ValidatedInputs {
  if (known.length === 0) return { inputs: { ...given }, faults: [], links: [] };
  const taken = undescribed === 'any' ? [] : undescribed.filter(({ id }) => Object.hasOwn(given, id));
  const byId = new Map([...taken, ...known].map((input) => [input.id, input]));
  const unknown = Object.keys(given).filter((id) => !byId.has(id));
  const message = `is no input of process ${processId}; known are ${known.map(({ id }) => id).join(', ')}`;
  const refused = undescribed === 'any' ? [] : unknown;
  // One more than are told says that there are more.
  const faults = refused.slice(0, MOST_FAULTS + 1).map((id) => ({ pointer: pointerTo('/inputs', id), message }));
  const inputs: [string, unknown][] = unknown.map((id) => [id, given[id]]);
  const links: LinkedValue[] = [];
  const add = (more: readonly RequestFault[]) => faults.push(...more.slice(0, MOST_FAULTS + 1 - faults.length));
  for (const input of byId.values()) {
    const pointer = pointerTo('/inputs', input.id);
    if (Object.hasOwn(given, input.id)) {
      inputs.push([input.id, given[input.id]]);
      if (faults.length <= MOST_FAULTS) add(occurrenceFaults(input, given[input.id], pointer, links));
      continue;
    }
    const byDefault = defaultOf(input.description);
    if (byDefault !== undefined) inputs.push([input.id, copyJson(byDefault)]);
    else if ((input.description.minOccurs ?? 1) > 0) add([{ pointer, message: 'is missing; it is required' }]);
  }
  return { inputs: Object.fromEntries(inputs), faults, links };
}

/**
 * What in a value does not fit a schema; empty: it fits.
 * @param pointer JSON Pointer of the value
 * @param most how many faults are listed; one more says that there are more. Default {@link MOST_FAULTS}
 */
export function schemaFaults(
  errorsOf: SchemaCheck,
  value: unknown,
  pointer: string,
  most: number = MOST_FAULTS,
): RequestFault[] {
  const errors = errorsOf(value, most);
  return errors.length === 0 ? [] : describeErrors(errors, pointer);
}

/** What is wrong with the default of an input's schema; it is checked as a value that a client sends. */
export function defaultFaults(input: CheckedInput): RequestFault[] {
  const byDefault = defaultOf(input.description);
  return byDefault === undefined ? [] : occurrenceFaults(input, byDefault, '');
}

function defaultOf({ schema }: InputDescription): unknown {
  return typeof schema === 'object' ? schema['default'] : undefined;
}

/** @param links takes up values that are given by link; absent: such are faults */
function occurrenceFaults(input: CheckedInput, value: unknown, pointer: string, links?: LinkedValue[]): RequestFault[] {
  const { minOccurs = 1, maxOccurs = 1 } = input.description;
  const most = maxOccurs === 'unbounded' ? Infinity : maxOccurs;
  if (most <= 1) return valueFaults(input, value, pointer, links);
  const values = Array.isArray(value) ? (value as unknown[]) : [value];
  const faults: RequestFault[] = [];
  const linked: LinkedValue[] = [];
  for (const [at, item] of values.entries()) {
    if (faults.length > MOST_FAULTS) break;
    const place = Array.isArray(value) ? pointerTo(pointer, at) : pointer;
    faults.push(...valueFaults(input, item, place, links && linked, MOST_FAULTS + 1 - faults.length));
  }
  const count = { pointer, message: `must have ${occurrences(minOccurs, most)} (has ${values.length})` };
  // Told first, for it is not to be lost among others.
  if (values.length < minOccurs || values.length > most) faults.unshift(count);
  // An array may also be one value of a schema that describes arrays.
  if (faults.length > 0 && Array.isArray(value) && minOccurs <= 1 && input.errorsOf(value, 1).length === 0) return [];
  links?.push(...linked.slice(0, MOST_LINKED));
  return faults;
}

function occurrences(least: number, most: number): string {
  if (most === Infinity) return `at least ${least} value${least === 1 ? '' : 's'}`;
  return least === most ? `${most} values` : `${least} to ${most} values`;
}

function valueFaults(
  { errorsOf, description }: CheckedInput,
  value: unknown,
  pointer: string,
  links?: LinkedValue[],
  most?: number,
): RequestFault[] {
  if (value instanceof UnreadValue) return typeFaults(value.type, description, pointer);
  if (Array.isArray(value) && value.some((item) => item instanceof UnreadValue))
    return typeFaults('array', description, pointer);
  if (errorsOf(value, 1).length === 0) return [];
  const direct = () => schemaFaults(errorsOf, value, pointer, most);
  if (!isMapping(value)) return direct();
  if (Object.hasOwn(value, 'value') && Object.keys(value).every((key) => QUALIFIED.has(key)))
    return schemaFaults(errorsOf, value['value'], `${pointer}/value`, most);
  const { href } = value;
  if (typeof href !== 'string') return direct();
  if (!links || !/^https?:$/.test(URL.parse(href)?.protocol ?? ''))
    return [{ pointer: `${pointer}/href`, message: 'must be an absolute http or https URI' }];
  const misfits = (content: unknown) => schemaFaults(errorsOf, content, '').map((fault) => fault.pointer);
  const type = mediaTypeOf(value);
  const texts = takenTexts(description.schema);
  links.push({ pointer, href, ...(type === undefined ? {} : { type }), ...(texts ? { texts } : {}), misfits });
  return [];
}

/** Of a value that is too large to be looked at only its type is compared. */
function typeFaults(type: JsonType, { schema }: InputDescription, pointer: string): RequestFault[] {
  const taken = typeof schema === 'object' && schema['type'] !== undefined ? [schema['type']].flat() : undefined;
  const isTaken = !taken || taken.includes(type) || (type === 'number' && taken.includes('integer'));
  return isTaken ? [] : [{ pointer, message: `must be ${taken.join(' or ')} (is ${type})` }];
}

/** As the link says it (schema link.yaml: `type`), or as a qualified value would. */
function mediaTypeOf({ type, mediaType, format }: Inputs): string | undefined {
  const said = type ?? mediaType ?? (isMapping(format) ? format['mediaType'] : undefined);
  return typeof said === 'string' ? said : undefined;
}

/** Members of a qualified value (schema qualifiedInputValue.yaml; `format` in 1.0, its members beside the value in 2.0). */
const QUALIFIED = new Set(['value', 'format', 'mediaType', 'encoding', 'schema']);
