import { objectFormatOf } from '../../processes/schema/ogc-formats.js';
import type { Translate } from '../texts/texts.js';
import { alternativesOf, listOf, membersOf } from './shape-of-schema.js';

/** Of an enumeration: values that are named. */
const MOST_NAMED = 10;
const LONGEST_VALUE = 80;
const DEEPEST = 3;

/** What a schema takes, in words: `integer from 0 to 15`. */
export function wordsOf(schema: unknown, t: Translate, depth = 0): string {
  const members = membersOf(schema);
  if (Object.keys(members).length === 0 || depth > DEEPEST) return t('form.words.anything');
  return [kindWords(members, t, depth), ...limits(members, t)].join(', ');
}

function kindWords(members: Readonly<Record<string, unknown>>, t: Translate, depth: number): string {
  const { type, format, contentMediaType, contentEncoding, items, $ref } = members;
  const or = (words: readonly string[]) => [...new Set(words)].join(` ${t('form.words.or')} `);
  const values = 'const' in members ? [members['const']] : listOf(members['enum']);
  if (values.length > 0) {
    const named = values.slice(0, MOST_NAMED).map((value) => shortJson(value) ?? '…');
    const more = values.length > MOST_NAMED ? ` … (${values.length})` : '';
    return t('form.words.oneOf', { values: named.join(', ') + more });
  }
  const alternatives = alternativesOf(members);
  if (alternatives) return or(alternatives.slice(0, MOST_NAMED).map((one) => wordsOf(one, t, depth + 1)));
  const code = typeof format === 'string' ? objectFormatOf(format) : undefined;
  if (code) return t(`form.words.${code as 'ogc-bbox'}`);
  const kind = or([type ?? []].flat().map((one) => typeWords(String(one), t)));
  if (type === 'array' && items !== undefined) return t('form.words.listOf', { item: wordsOf(items, t, depth + 1) });
  if (type === 'string' && contentEncoding === 'base64')
    return t('form.words.base64', { type: String(contentMediaType ?? '') }).replace(' ()', '');
  const known = { date: 'date', 'date-time': 'date-time', uri: 'uri' } as const;
  if (type === 'string' && typeof format === 'string' && Object.hasOwn(known, format))
    return t(`form.words.${format as keyof typeof known}`);
  const details = [format, contentMediaType].filter((detail) => typeof detail === 'string').join(', ');
  const name = kind || (typeof $ref === 'string' ? $ref : t('form.words.anything'));
  return details === '' ? name : `${name} (${details})`;
}

const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'] as const;

function typeWords(type: string, t: Translate): string {
  const known = TYPES.find((one) => one === type);
  return known ? t(`form.words.${known}`) : type;
}

function limits(members: Readonly<Record<string, unknown>>, t: Translate): string[] {
  const range = (least: unknown, most: unknown, unit: 'value' | 'characters' | 'items') => {
    const [from, to] = [shortJson(least), shortJson(most)];
    if (from !== undefined && to !== undefined) return [t(`form.words.${unit}Between`, { from, to })];
    if (from !== undefined) return [t(`form.words.${unit}From`, { from })];
    return to === undefined ? [] : [t(`form.words.${unit}To`, { to })];
  };
  const { exclusiveMinimum, exclusiveMaximum, multipleOf, pattern } = members;
  // In OpenAPI 3.0 these say how the limits beside them are meant.
  const beyond = (limit: unknown) => (typeof limit === 'boolean' ? undefined : shortJson(limit));
  const [above, below] = [beyond(exclusiveMinimum), beyond(exclusiveMaximum)];
  return [
    ...range(members['minimum'], members['maximum'], 'value'),
    ...(above === undefined ? [] : [t('form.words.above', { limit: above })]),
    ...(below === undefined ? [] : [t('form.words.below', { limit: below })]),
    ...(typeof multipleOf === 'number' ? [t('form.words.multipleOf', { of: multipleOf })] : []),
    ...range(members['minLength'], members['maxLength'], 'characters'),
    ...range(members['minItems'], members['maxItems'], 'items'),
    ...(typeof pattern === 'string' && pattern.length <= LONGEST_VALUE ? [t('form.words.pattern', { pattern })] : []),
  ];
}

/** A value as JSON; undefined: there is none, or it is too long to be read at a glance. */
export function shortJson(value: unknown): string | undefined {
  if (value === undefined || holdsMoreThan(value, LONGEST_VALUE)) return undefined;
  const text = JSON.stringify(value);
  return text.length > LONGEST_VALUE ? undefined : text;
}

/** So that nothing large is written out only to be thrown away. */
function holdsMoreThan(value: unknown, most: number): boolean {
  let left = most;
  const take = (part: unknown): void => {
    left -= typeof part === 'string' ? part.length : 1;
    if (left < 0 || typeof part !== 'object' || part === null) return;
    for (const key in part) {
      if (left < 0) return;
      take((part as Record<string, unknown>)[key]);
    }
  };
  take(value);
  return left < 0;
}
