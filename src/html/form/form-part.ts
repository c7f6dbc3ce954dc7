import type { FormPart } from '../browser/form/form-part.js';

/** The fields of a form in `application/x-www-form-urlencoded`, as the server reads it: a name that comes several times has a list. */
export function partsOfFields(form: Readonly<Record<string, unknown>>): FormPart[] {
  return Object.entries(form).flatMap(([name, value]) =>
    [value].flat().flatMap((text) => (typeof text === 'string' ? [{ name, text }] : [])),
  );
}

/** The first text of a name that is not empty. */
export function textOf(parts: readonly FormPart[], name: string): string | undefined {
  for (const part of parts) if (part.name === name && 'text' in part && part.text !== '') return part.text;
  return undefined;
}
