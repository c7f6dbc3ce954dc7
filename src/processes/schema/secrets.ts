import { ExactNumber } from '../../json/exact-number.js';

const SECRET = /secret|key|password|token/i;

/** Whether a value under this name (or JSON Pointer) must not be repeated to anybody. */
export function isSecretName(name: string): boolean {
  return SECRET.test(name);
}

/** The inputs as they may be shown: what stands under a secret-looking name, at any depth, is `*`. The argument is left unchanged. */
export function maskSecrets(inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [name, isSecretName(name) ? '*' : maskInside(value)]),
  );
}

function maskInside(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskInside);
  if (typeof value === 'object' && value !== null && !(value instanceof ExactNumber))
    return maskSecrets(value as Record<string, unknown>);
  return value;
}
