import { InvalidRequestError, type RequestFault } from '../../ogc/domain-errors.js';
import { MAX_OFFSET } from '../../ogc/requests/offset.js';

export interface Page {
  readonly limit: number;
  readonly offset: number;
}

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
