import { randomBytes, randomInt } from 'node:crypto';
import { cause, type Cause } from './api-error.js';

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_PATTERN = new RegExp(`^${LABEL}$`);
const SUBDOMAIN_PATTERN = new RegExp(`^${SUBDOMAIN}$`);
/** Kubernetes' alphabet of generated names: without vowels and look-alikes. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
export function subdomainCauses(field: string, value: string): Cause[] {
  if (value.length > 253) return [cause.invalid(field, value, 'must be no more than 253 characters')];
  if (SUBDOMAIN_PATTERN.test(value)) return [];
  return [
    cause.invalid(
      field,
      value,
      `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`,
    ),
  ];
}

export function labelCauses(field: string, value: string): Cause[] {
  if (value.length > 63) return [cause.invalid(field, value, 'must be no more than 63 characters')];
  if (LABEL_PATTERN.test(value)) return [];
  return [
    cause.invalid(
      field,
      value,
      `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`,
    ),
  ];
}

/** `generateName`: the base, cut at 58 characters, and five random ones. */
export function generatedName(base: string): string {
  const suffix = Array.from({ length: 5 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return base.slice(0, 58) + suffix;
}

export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
