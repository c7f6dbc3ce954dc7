import { ExactNumber } from '../json/exact-number.js';

/** Whether it is an object of JSON or YAML; a number that is kept by its text is none. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}
