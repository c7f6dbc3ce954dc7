import { pointerTo } from '../../json/json-pointer.js';
import { parseJson } from '../../json/parse-json.js';
import { UnreadValue } from '../../json/unread-value.js';
import { InvalidRequestError, type RequestFault } from '../../ogc/domain-errors.js';
import { type FormField, fieldKind, fieldName, TOKEN_FIELD } from '../execute-form.js';
import type { FormFile, FormPart } from './form-part.js';

type Members = Readonly<Record<string, unknown>>;

/**
 * The inputs of an execute request, of the fields of a form that was sent (docs/execute.md, "Forms"): `input.ID`, as the schema has it, a
 * text or a
 * file; `input.ID.json`, JSON; `input.ID.href` and `input.ID.type`, a link. What was left empty is no input, and other fields are nothing
 * to it. What
 * is no number where one is expected stays text, so that the validation names it.
 * @param inputs descriptions, by id
 * @throws InvalidRequestError with each input that cannot be read, or comes in more than one way
 */
export function readForm(
  inputs: Readonly<Record<string, Members>>,
  parts: readonly FormPart[],
): Record<string, unknown> {
  const faults: RequestFault[] = [];
  const byName = Map.groupBy(parts, ({ name }) => name);
  const ids = Object.keys(inputs).filter((id) => id !== TOKEN_FIELD);
  // A field of an input's own is never taken for a way to say another.
  const own = new Set(ids.map(fieldName));
  const textsOf = (name: string) => textsIn(byName.get(name) ?? []);
  const beside = (id: string, suffix: string) => {
    const name = `${fieldName(id)}.${suffix}`;
    return own.has(name) ? [] : textsOf(name);
  };
  const values: [string, unknown][] = [];
  for (const id of ids) {
    const blame = (message: string) => void faults.push({ pointer: pointerTo('/inputs', id), message });
    const files = filesIn(byName.get(fieldName(id)) ?? []);
    const texts = textsOf(fieldName(id));
    const json = beside(id, 'json');
    const links = beside(id, 'href');
    const ways = Object.entries({ 'a file': files, 'a text': texts, JSON: json, 'an address': links }).filter(
      ([, given]) => given.length > 0,
    );
    if (ways.length === 0) continue;
    if (ways.length > 1) {
      blame(`must be given in one way, not as ${ways.map(([way]) => way).join(' and as ')}`);
      continue;
    }
    const many = manyOf(id, inputs[id] ?? {});
    try {
      const [type] = beside(id, 'type');
      if (files.length > 0) values.push([id, ofFiles(files, many)]);
      else if (json.length > 0) values.push([id, one(json.map((text) => parseJson(text)))]);
      else if (links.length > 0) values.push([id, one(links.map((href) => ({ href, ...(type ? { type } : {}) })))]);
      else values.push([id, ofTexts(texts, fieldKind(id, inputs[id] ?? {}), many)]);
    } catch (error) {
      blame(`must be JSON (${(error as Error).message})`);
    }
  }
  if (faults.length > 0) throw new InvalidRequestError('The form cannot be read.', faults);
  return Object.fromEntries(values);
}

function textsIn(parts: readonly FormPart[]): string[] {
  return parts.flatMap((part) => ('text' in part && part.text !== '' ? [part.text] : []));
}

function filesIn(parts: readonly FormPart[]): FormFile[] {
  return parts.flatMap((part) => ('file' in part ? [part.file] : []));
}

/** What an input may have several of. */
interface Many {
  /** Whether they are items of one value, an array, rather than several values. */
  readonly areItems: boolean;
  readonly kind: FormField['kind'];
}

function manyOf(id: string, description: Members): Many | undefined {
  const { schema, maxOccurs = 1 } = description;
  if (maxOccurs !== 1) return { areItems: false, kind: fieldKind(id, { schema }) };
  const { type, items } = isMembers(schema) ? schema : {};
  return type === 'array' ? { areItems: true, kind: fieldKind(id, { schema: items }) } : undefined;
}

/** A file that is no array is an item of one, where an array is expected. */
function ofFiles(files: readonly FormFile[], many: Many | undefined): unknown {
  const values = files.map(({ value }) => value);
  const isItem = many?.areItems === true && !isArray(values[0]);
  return isItem && values.length === 1 ? values : one(values);
}

function ofTexts(texts: readonly string[], kind: FormField['kind'], many: Many | undefined): unknown {
  const [first = ''] = texts;
  if (!many) return one(texts.map((text) => textValue(kind, text)));
  if (texts.length > 1) return texts.map((text) => textValue(many.kind, text));
  if (many.kind === 'json') return parseJson(first);
  const list = /^\s*\[/.test(first) ? listIn(first) : undefined;
  return list ?? linesOf(first).map((line) => textValue(many.kind, line));
}

/** Undefined: it is no JSON, and may be a text that begins so. */
function listIn(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

function textValue(kind: FormField['kind'], text: string): unknown {
  switch (kind) {
    case 'number':
    case 'integer':
      return readNumber(text);
    case 'choice':
      return choiceOf(text);
    case 'boolean':
    case 'json':
      return parseJson(text);
    default:
      return text;
  }
}

/** A page sends JSON; who types it may leave out the quotes. */
function choiceOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** By JSON's grammar, else as JavaScript reads it, which takes `+1` and `.5` as well. */
function readNumber(text: string): unknown {
  const trimmed = text.trim();
  try {
    if (/^-?\d/.test(trimmed)) return parseJson(trimmed);
  } catch {
    // A number all the same, perhaps: 007.
  }
  return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text;
}

function one(values: readonly unknown[]): unknown {
  return values.length === 1 ? values[0] : values;
}

function isArray(value: unknown): boolean {
  return Array.isArray(value) || (value instanceof UnreadValue && value.type === 'array');
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
