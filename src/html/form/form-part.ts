/** A file of a form, as the value that it is for its input. */
export interface FormFile {
  /** As the sender calls it; empty where it has no name. */
  readonly fileName: string;
  /** A JSON value, or an `UnreadValue` of a file that is too large to be looked at. */
  readonly value: unknown;
}

/** A field of a form that was sent, however it was encoded. Several may have one name; they are in the order in which they came. */
export type FormPart =
  { readonly name: string; readonly text: string } | { readonly name: string; readonly file: FormFile };

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
