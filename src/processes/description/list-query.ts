import { InvalidRequestError, type RequestFault } from '../../ogc/domain-errors.js';
import { MAX_OFFSET } from '../../ogc/requests/offset.js';
import type { ProcessDescription } from './process-description.js';

export interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** Characters of `q`: what is looked for in every process. */
export const LONGEST_TEXT = 200;

type Query = Readonly<Record<string, unknown>>;

/** @throws InvalidRequestError for parameters that the resource does not have, given twice, or with a value that is not allowed */
export function checkQuery(query: Query, known: readonly string[]): void {
  const faults: RequestFault[] = Object.entries(query).flatMap(([name, value]) => {
    if (!known.includes(name))
      return [{ pointer: name, message: `is no parameter here; known are ${known.join(', ')}` }];
    if (typeof value !== 'string') return [{ pointer: name, message: 'must be given once' }];
    return [];
  });
  throwFaults(faults);
}

/**
 * Reads `limit` and `offset`.
 * @param limits page sizes of the configuration; a larger `limit` is no fault, but served as the largest (OGC API - Common - Part 2,
 *   requirement `rc-limit-response`; so is it for jobs)
 * @throws InvalidRequestError
 */
export function parsePage(query: Query, limits: { readonly defaultItems: number; readonly maxItems: number }): Page {
  const faults: RequestFault[] = [];
  const limit = parseInteger(query, 'limit', 1, Infinity, faults) ?? limits.defaultItems;
  const offset = parseInteger(query, 'offset', 0, MAX_OFFSET, faults) ?? 0;
  throwFaults(faults);
  return { limit: Math.min(limit, limits.maxItems), offset };
}

/**
 * Reads `q`.
 * @returns whether a process has that text, capital or small, in its id, title, description or keywords, in any language
 * @throws InvalidRequestError
 */
export function parseText(query: Query): (process: Searched) => boolean {
  const text = typeof query['q'] === 'string' ? query['q'].trim().toLowerCase() : '';
  if (text.length > LONGEST_TEXT)
    throwFaults([{ pointer: 'q', message: `must have at most ${LONGEST_TEXT} characters` }]);
  return ({ id, title, description, keywords }) =>
    text === '' || [id, title, description, keywords].flatMap(textsOf).some((one) => one.toLowerCase().includes(text));
}

type Searched = Pick<ProcessDescription, 'id' | 'title' | 'description' | 'keywords'>;

function textsOf(texts: string | readonly string[] | Readonly<Record<string, string | readonly string[]>> | undefined) {
  return typeof texts === 'object' ? Object.values(texts).flat() : [texts ?? ''];
}

function parseInteger(
  query: Query,
  name: string,
  least: number,
  most: number,
  faults: RequestFault[],
): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const value = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  faults.push({ pointer: name, message: `must be an integer ${range} (is ${JSON.stringify(text)})` });
  return undefined;
}

function throwFaults(faults: readonly RequestFault[]): void {
  if (faults.length === 0) return;
  const sentences = faults.map(({ pointer, message }) => `${pointer} ${message}`);
  throw new InvalidRequestError(`A parameter of the request is wrong: ${sentences.join('; ')}.`, faults);
}
