import { pointerTo } from '../json/json-pointer.js';
import type { Problem, ProblemFault } from '../ogc/problem.js';
import type { ProcessDto } from '../processes/description/process.dto.js';
import { fieldName, type FormField, TOKEN_FIELD } from './execute-form.js';
import { textOf, type FormPart } from './form/form-part.js';

/** Of the description that a page is made of: what its form sent before. A symbol, for a description may hold anything under any name. */
export const SENT_FORM: unique symbol = Symbol('sent form');

/** A form that was sent and is at fault. */
export interface SentForm {
  readonly problem: Problem;
  /** What stood in its controls, by the id of the input. */
  readonly values: Readonly<Record<string, string>>;
}

/** What the page of a process is made of. */
export type ProcessPageResource = ProcessDto & { readonly [SENT_FORM]?: SentForm };

/** What was filled in, but for secrets: a page must not hold them. */
export function shownAgain(fields: readonly FormField[], parts: readonly FormPart[]): Readonly<Record<string, string>> {
  const values = fields
    .filter(({ kind }) => kind !== 'password')
    .map(({ id }) => [id, textOf(parts, fieldName(id))] as const)
    .filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
  return Object.fromEntries(values);
}

/** A fault, and the control that it is about; undefined: none of them. */
export interface FieldFault extends ProblemFault {
  readonly field: string | undefined;
}

/** The faults of a problem with their controls; a problem that lists none is a fault of its own. */
export function fieldFaults({ errors, status, title, detail }: Problem, fields: readonly FormField[]): FieldFault[] {
  if (!errors || errors.length === 0) {
    const message = detail ?? title ?? 'There is nothing more to say about it.';
    return [{ pointer: '', message, field: status === 401 ? TOKEN_FIELD : undefined }];
  }
  const places = fields.map(({ id }) => [pointerTo('/inputs', id), fieldName(id)] as const);
  return errors.map((fault) => ({
    ...fault,
    field: places.find(([place]) => fault.pointer === place || fault.pointer.startsWith(`${place}/`))?.[1],
  }));
}
