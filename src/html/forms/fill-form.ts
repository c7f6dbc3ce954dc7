import { canonicalJson } from '../../json/canonical-json.js';
import { pointerTo } from '../../json/json-pointer.js';
import { isSecretName } from '../../processes/schema/secrets.js';
import { readForm, TOKEN_FIELD } from '../execute-form.js';
import { SUBSCRIBER } from '../browser/form/form-reading.js';
import { controlName, type FormShape, type InputShape } from '../browser/form/form-shape.js';
import { textsOf, type NamedText } from './texts-of-value.js';

type Members = Readonly<Record<string, unknown>>;

/** What stands in the controls of a form, by their names. */
export type FormValues = ReadonlyMap<string, readonly string[]>;

export interface FormFilling {
  readonly values: FormValues;
  /** What the request does not show (secrets, what is too large to be kept), and has to be given anew: JSON Pointers into it. */
  readonly anew: readonly string[];
}

/**
 * What stands in the controls of a form for an execute request: what {@link readForm} makes that request of. A value that does not
 * fit the controls of its input stands as JSON. What is masked or `{"omitted": …}` is left empty.
 * @param request as it may be shown
 */
export function fillForm(form: FormShape, request: Members): FormFilling {
  const anew: string[] = [];
  const given = membersOf(request['inputs']);
  const inputs = Object.fromEntries(
    Object.entries(given).flatMap(([id, value]) => {
      if (id === TOKEN_FIELD) return [];
      const shown = withoutHidden(value, pointerTo('/inputs', id), id, anew);
      return shown === undefined ? [] : [[id, shown] as const];
    }),
  );
  const texts: NamedText[] = [];
  for (const input of form.inputs)
    if (Object.hasOwn(inputs, input.id)) texts.push(...inputTexts(input, inputs[input.id]));
  const known = new Set(form.inputs.map(({ id }) => id));
  const others = Object.entries(inputs).filter(([id]) => !known.has(id));
  if (others.length > 0) texts.push(['more.inputs.json', asJson(Object.fromEntries(others))]);
  texts.push(...outputTexts(form, request['outputs']));
  for (const name of ['response', 'mode'])
    if (typeof request[name] === 'string') texts.push([`more.${name}`, request[name]]);
  const subscriber = membersOf(request['subscriber']);
  for (const name of SUBSCRIBER)
    if (typeof subscriber[name] === 'string') texts.push([`more.subscriber.${name}`, subscriber[name]]);
  const { tags } = request;
  if (Array.isArray(tags)) texts.push(['more.tags', tags.join('\n')]);
  return { values: byName(texts), anew };
}

/** What the form shows at first: the defaults. */
export function initialValues(form: FormShape, inputs: Readonly<Record<string, Members>>): FormValues {
  const defaults = form.inputs.flatMap(({ id, initial, shape }) =>
    initial === undefined || shape.kind === 'password' ? [] : [[id, membersOf(inputs[id]?.['schema'])['default']]],
  );
  const { values } = fillForm(form, { inputs: Object.fromEntries(defaults) as Members });
  return values;
}

export function byName(texts: readonly NamedText[]): FormValues {
  const values = new Map<string, string[]>();
  for (const [name, text] of texts) {
    const known = values.get(name);
    if (known) known.push(text);
    else values.set(name, [text]);
  }
  return values;
}

/** By its controls where they say just this value, else as JSON. */
function inputTexts(input: InputShape, value: unknown): NamedText[] {
  const name = controlName([input.id]);
  const texts = textsOf(input.shape, value, name);
  if (texts && saysSame(input, texts, value)) return texts;
  const { kind } = input.shape;
  return [[kind === 'json' || kind === 'geometry' ? name : `${name}.json`, asJson(value)]];
}

function saysSame({ id, shape }: InputShape, texts: readonly NamedText[], value: unknown): boolean {
  const parts = texts.map(([name, text]) => ({ name, text }));
  try {
    const inputs = readForm({ inputs: [{ id, shape }], outputs: [] }, parts)['inputs'] as Members;
    return Object.hasOwn(inputs, id) && canonicalJson(inputs[id]) === canonicalJson(value);
  } catch {
    return false;
  }
}

function outputTexts(form: FormShape, outputs: unknown): NamedText[] {
  if (typeof outputs !== 'object' || outputs === null) return [];
  const texts = Object.entries(outputs as Members).flatMap(([id, output]): NamedText[] => {
    const mode = membersOf(output)['transmissionMode'];
    return [
      [`more.output.${id}`, 'on'],
      ...(typeof mode === 'string' ? [[`more.transmission.${id}`, mode] as const] : []),
    ];
  });
  const { outputs: read } = readForm(
    { inputs: [], outputs: form.outputs },
    texts.map(([name, text]) => ({ name, text })),
  );
  return read !== undefined && canonicalJson(read) === canonicalJson(outputs)
    ? texts
    : [['more.outputs.json', asJson(outputs)]];
}

/**
 * A value without what a request does not show; undefined: nothing of it is shown.
 * @param key what it stands under
 */
function withoutHidden(value: unknown, pointer: string, key: string, anew: string[]): unknown {
  if (isSecretName(key) || isOmitted(value)) {
    anew.push(pointer);
    return undefined;
  }
  if (Array.isArray(value)) {
    const items = value.map((item, at) => withoutHidden(item, pointerTo(pointer, at), '', anew));
    return items.includes(undefined) ? items.filter((item) => item !== undefined) : items;
  }
  if (typeof value !== 'object' || value === null || value.constructor !== Object) return value;
  const members = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
    const shown = withoutHidden(member, pointerTo(pointer, name), name, anew);
    return shown === undefined ? [] : [[name, shown]];
  });
  return Object.fromEntries(members);
}

/** `{"omitted": {"size", "sha256"}}`: what is not kept of a request. */
function isOmitted(value: unknown): boolean {
  const { omitted, ...others } = membersOf(value);
  const { size, sha256 } = membersOf(omitted);
  return Object.keys(others).length === 0 && size !== undefined && typeof sha256 === 'string';
}

function asJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}
