import type { Shape } from './form-shape.js';

/** A file of a form, as the value that it is for its input. */
export interface FormFile {
  /** As the sender calls it; empty where it has no name. */
  readonly fileName: string;
  /** A JSON value; on the server also an `UnreadValue`, of a file that is too large to be looked at. */
  readonly value: unknown;
  readonly isArray: boolean;
}

/** A field of a form, however it came. Several may have one name. */
export type FormPart =
  { readonly name: string; readonly text: string } | { readonly name: string; readonly file: FormFile };

export interface FormFault {
  /** JSON Pointer into the execute request. */
  readonly pointer: string;
  readonly message: string;
}

/** What differs between where forms are read. */
export interface ReadingWays {
  /** @throws Error where the text is no JSON */
  readonly parseJson: (text: string) => unknown;
  /** The value of a text that stands for all of an input that has several controls. */
  readonly readPlain: (shape: Shape, text: string) => unknown;
}

/** An execute request, as far as the form could be read, and what could not. */
export interface ReadRequest {
  readonly request: Readonly<Record<string, unknown>>;
  readonly faults: readonly FormFault[];
}
