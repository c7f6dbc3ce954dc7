import { ExactNumber } from '../../json/exact-number.js';
import { UnreadValue } from '../../json/unread-value.js';

const SECRET = /secret|key|password|token/i;

/** Whether a value under this name (or JSON Pointer) must not be repeated to anybody. */
export function isSecretName(name: string): boolean {
  return SECRET.test(name);
}

/**
 * The inputs as they may be shown: what stands under a secret-looking name, at any depth, is the mask. The argument is left unchanged.
 * @param mask default `*`, as the predecessor has it
 */
export function maskSecrets(inputs: Readonly<Record<string, unknown>>, mask: unknown = '*'): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [name, isSecretName(name) ? mask : maskInside(value, mask)]),
  );
}

function maskInside(value: unknown, mask: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => maskInside(item, mask));
  if (typeof value === 'object' && value !== null && !(value instanceof ExactNumber) && !(value instanceof UnreadValue))
    return maskSecrets(value as Record<string, unknown>, mask);
  return value;
}
