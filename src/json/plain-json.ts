import { ExactNumber } from './exact-number.js';

/** Whether a value holds a number that is kept by its text. */
export function holdsExactNumbers(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof ExactNumber || Object.values(value).some(holdsExactNumbers);
}

/**
 * A copy of what a JSON text holds; every key is kept, `__proto__` as well.
 * @param replace what stands in place of a kept number; absent: it itself
 * @param onCopied told of each array and object
 */
export function copyJson(
  value: unknown,
  replace: (number: ExactNumber) => unknown = (number) => number,
  onCopied: (original: object, copy: object) => void = () => undefined,
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof ExactNumber) return replace(value);
  const copy: object = Array.isArray(value)
    ? value.map((item) => copyJson(item, replace, onCopied))
    : Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copyJson(member, replace, onCopied)]));
  onCopied(value, copy);
  return copy;
}

/** A copy in which every number is an ordinary one: the nearest double, infinite beyond what a double can hold. */
export function withPlainNumbers<T>(value: T): T {
  return copyJson(value, Number) as T;
}

/** Gives an object a member of its own: assigning `__proto__` would set the prototype. */
export function define(members: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(members, key, { value, writable: true, enumerable: true, configurable: true });
  else members[key] = value;
}
