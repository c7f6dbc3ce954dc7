import { ResultFault } from '../model/job-outcome.js';
import { isMediaType } from '../../processes/description/media-type.js';

/** Begins a result in a log; the predecessor's. */
export const START_MARKER = 'PYGEOAPI_K8S_MANAGER_RESULT_START';

/** What a start marker says of the result that follows it. */
export interface ResultHead {
  /** Id of the output; undefined: the result without a name. */
  readonly output?: string;
  readonly mediaType?: string;
  /** Of the result itself, decoded where it is encoded. */
  readonly bytes?: number;
  /** 64 hexadecimal digits, lower case; of the same. */
  readonly sha256?: string;
  readonly encoding?: 'base64';
}

const BEGINNING = /^[\t ]+(output|mimetype|bytes|sha256|encoding)=/;
const ATTRIBUTE = /[\t ]+([a-z0-9]+)=("(?:[^"\\\p{Cc}]|\\["\\])*"|[^\s"\p{Cc}]+)/uy;

/**
 * Reads a line that holds a start marker. Behind it stand nothing but blanks, or attributes `name=value`, separated by
 * blanks; a value with blanks or quotes is a quoted string
 * (`"a \"b\""`). A line on which anything else follows has no start marker: it is a container's that prints what it was
 * given, or a shell's trace.
 * @param before what stands before the marker on its line, as loggers print it
 * @param behind what stands behind it
 * @throws ResultFault where a line that begins with the marker has an attribute that is not right
 */
export function parseStartMarker(before: string, behind: string): ResultHead | undefined {
  if (behind.trim() === '') return {};
  if (!BEGINNING.test(behind)) return undefined;
  try {
    return parseAttributes(behind.trimEnd());
  } catch (error) {
    if (before !== '' && error instanceof ResultFault) return undefined;
    throw error;
  }
}

/** @throws ResultFault */
function parseAttributes(line: string): ResultHead {
  const attributes = new Map<string, string>();
  ATTRIBUTE.lastIndex = 0;
  for (let at = 0; at < line.length; at = ATTRIBUTE.lastIndex) {
    const [, name = '', value = ''] = ATTRIBUTE.exec(line) ?? [];
    if (name === '') throw wrong(`has something else than name=value after ${attributes.size} attributes`);
    if (attributes.has(name)) throw wrong(`has the attribute "${name.slice(0, 20)}" twice`);
    attributes.set(name, value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value);
  }
  return toHead(attributes);
}

function toHead(attributes: ReadonlyMap<string, string>): ResultHead {
  let head: ResultHead = {};
  for (const [name, value] of attributes) head = { ...head, ...attributeOf(name, value) };
  return head;
}

function attributeOf(name: string, value: string): ResultHead {
  switch (name) {
    case 'output':
      if (value === '') throw wrong('has an empty output: it must be the id of an output');
      return { output: value };
    case 'mimetype':
      if (!isMediaType(value)) throw wrong('has a mimetype that is none: it must be such as text/plain');
      return { mediaType: value };
    case 'bytes':
      if (!/^\d{1,15}$/.test(value)) throw wrong('has bytes that are no whole number');
      return { bytes: Number(value) };
    case 'sha256':
      if (!/^[0-9a-f]{64}$/i.test(value)) throw wrong('has a sha256 that is not 64 hexadecimal digits');
      return { sha256: value.toLowerCase() };
    case 'encoding':
      if (value !== 'base64') throw wrong('has an encoding other than base64');
      return { encoding: value };
    default:
      throw wrong(`has the attribute "${name.slice(0, 20)}"; known are output, mimetype, bytes, sha256 and encoding`);
  }
}

function wrong(what: string): ResultFault {
  return new ResultFault('result-invalid', `A line of the job's log with ${START_MARKER} ${what}.`);
}
