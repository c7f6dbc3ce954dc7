import { isDeepStrictEqual } from 'node:util';
import { pointerTo } from '../json/json-pointer.js';
import { parseJson } from '../json/parse-json.js';
import type { Problem, ProblemFault } from '../ogc/problem.js';
import type { ProcessDto } from '../processes/description/process.dto.js';
import { isSecretName, maskSecrets } from '../processes/schema/secrets.js';
import type { FormPart } from './browser/form/form-part.js';
import { filledIn } from './browser/form/form-reading.js';
import {
  alternativeName,
  controlName,
  type FormShape,
  memberName,
  placeOf,
  type Shape,
} from './browser/form/form-shape.js';
import { TOKEN_FIELD, ways } from './execute-form.js';
import type { FORM_SOURCE, FormSource } from './job/form-source.js';
import { byName, type FormValues } from './forms/fill-form.js';

/** Of the description that a page is made of: what its form holds already. A symbol, for a description may hold anything under any name. */
export const FILLED_FORM: unique symbol = Symbol('filled form');

/**
 * A form that is shown filled: one that was sent before ({@link shownAgain}), the example, or the request of a job that is to run again
 * with changes ({@link fillForm}).
 */
export interface FilledForm {
  readonly values: FormValues;
  /** What the form sent is at fault; absent: nothing is known to be. */
  readonly problem?: Problem;
  /** The form was checked, and its request is valid. */
  readonly isValid?: boolean;
  /** JSON Pointers of what has to be given anew. */
  readonly anew?: readonly string[];
}

/** What the page of a process is made of. */
export type ProcessPageResource = ProcessDto & {
  readonly [FILLED_FORM]?: FilledForm;
  readonly [FORM_SOURCE]?: FormSource;
};

/** What was filled in, but for secrets: a page must not hold them. */
export function shownAgain(parts: readonly FormPart[]): FormValues {
  return byName(
    parts.flatMap((part) => {
      if (!('text' in part) || part.text === '' || part.name === TOKEN_FIELD) return [];
      const place = part.name.replace(/\.(?:json|href|type|choice|zone)$/, '');
      const isSecret = place.startsWith('input.') && (placeOf(place) ?? [place]).some(isSecretName);
      return isSecret || holdsSecrets(part.text) ? [] : [[part.name, part.text] as const];
    }),
  );
}

/** Whether a text is JSON with secrets in it; what cannot be read as such has none where no word says so. */
function holdsSecrets(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    const value = { value: parseJson(text) };
    return !isDeepStrictEqual(maskSecrets(value), value);
  } catch {
    return isSecretName(text);
  }
}

/** A fault, and the control that it is about; undefined: none of them. */
export interface FieldFault extends ProblemFault {
  readonly field: string | undefined;
  /** Where in what the control holds; empty: all of it. */
  readonly within: string;
}

/** The faults of a problem with their controls; a problem that lists none is a fault of its own. */
export function fieldFaults(
  { errors, status, title, detail }: Problem,
  form: FormShape,
  values: FormValues,
): FieldFault[] {
  if (!errors || errors.length === 0) {
    const message = detail ?? title ?? 'There is nothing more to say about it.';
    return [{ pointer: '', message, field: status === 401 ? TOKEN_FIELD : undefined, within: '' }];
  }
  const parts = [...values].flatMap(([name, texts]) => texts.map((text) => ({ name, text })));
  const filled = filledIn(parts, ways);
  const inputs = new Map(form.inputs.map((input) => [pointerTo('', input.id).slice(1), input]));
  return errors.map((fault) => {
    const [, member, ...tokens] = fault.pointer.split('/');
    const [id, ...below] = tokens;
    const input = member === 'inputs' && id !== undefined ? inputs.get(id) : undefined;
    if (!input) return { ...fault, field: member === 'inputs' ? undefined : otherField(member, tokens), within: '' };
    const name = controlName([input.id]);
    const typed = ['json', 'href'].find((way) => values.has(`${name}.${way}`));
    if (typed) return { ...fault, field: `${name}.${typed}`, within: within(below) };
    const [field, rest] = controlAt(input.shape, name, below, filled);
    return { ...fault, field, within: within(rest) };
  });
}

/** What is not about an input stands under "More". */
function otherField(member: string | undefined, [first]: readonly string[]): string | undefined {
  if (member === 'outputs') return 'more.outputs';
  if (member === 'response' || member === 'mode' || member === 'tags') return `more.${member}`;
  return member === 'subscriber' && first !== undefined ? `more.subscriber.${first.replace(/Url$/, 'Uri')}` : undefined;
}

/** The control deepest in a shape that a JSON Pointer leads to, and what of the pointer lies within it. */
function controlAt(
  shape: Shape,
  name: string,
  tokens: readonly string[],
  filled: ReturnType<typeof filledIn>,
): [name: string, rest: readonly string[]] {
  if (shape.kind === 'alternatives') {
    const [meant, ...others] = filled.meant(shape.alternatives, name, '');
    const alternative = meant && others.length === 0 ? shape.alternatives[meant[0]] : undefined;
    return meant && alternative
      ? controlAt(alternative, alternativeName(name, meant[0]), tokens, filled)
      : [name, tokens];
  }
  const [token, ...rest] = tokens;
  if (token === undefined) return [name, tokens];
  const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
  if (shape.kind === 'group') {
    const member = shape.members.find(([known]) => known === key)?.[1];
    if (member) return controlAt(member, memberName(name, key), rest, filled);
  }
  if (shape.kind === 'repeat') {
    const row = filled.rows(shape.item, name, '')[Number(key)]?.[0];
    if (row !== undefined) return controlAt(shape.item, memberName(name, row), rest, filled);
  }
  return [name, tokens];
}

function within(tokens: readonly string[]): string {
  return tokens.map((token) => `/${token}`).join('');
}
