import type { PageContext } from '../../ogc/pages.js';

/** Parameters by which a list is filtered; the others say how it is shown. */
export const FILTERS = [
  'q',
  'tag',
  'processID',
  'status',
  'cause',
  'owner',
  'datetime',
  'minDuration',
  'maxDuration',
  'type',
] as const;
/** How it is shown, and kept by whoever filters it anew. */
const SHOWN_BY = ['sortby', 'limit', 'f', 'lang'] as const;
const LISTS: ReadonlySet<string> = new Set(['processID', 'status', 'cause', 'type', 'sortby']);

type Query = PageContext['query'];

/** What is given for a parameter, without what is empty: forms send such. */
export function given(query: Query, name: string): readonly string[] {
  const values = [query[name] ?? []].flat();
  return (LISTS.has(name) ? values.flatMap((value) => value.split(',')) : values).filter((value) => value !== '');
}

/** How many filters are set. */
export function countSet(query: Query): number {
  return FILTERS.filter((name) => given(query, name).length > 0).length;
}

/** The parameters of the list with others in the place of some, without a place in it. @param changes empty: without the parameter */
export function listQuery(query: Query, changes: Readonly<Record<string, string>> = {}): string {
  const parameters = new URLSearchParams();
  for (const name of [...FILTERS, ...SHOWN_BY]) {
    const values = changes[name] === undefined ? given(query, name) : [changes[name]].filter(Boolean);
    if (LISTS.has(name) && values.length > 0) parameters.set(name, values.join());
    else for (const value of values) parameters.append(name, value);
  }
  return parameters.size > 0 ? `?${parameters}` : '';
}

/** Two days of the parameter `datetime`, where it is an interval of such. */
export function daysOf(datetime: string): { readonly from: string; readonly to: string } | undefined {
  const [, from = '', to = ''] = /^(\d{4}-\d\d-\d\d|\.\.|)\/(\d{4}-\d\d-\d\d|\.\.|)$/.exec(datetime) ?? [];
  const [start, end] = [from.replace('..', ''), to.replace('..', '')];
  return start || end ? { from: start, to: end } : undefined;
}

/** Fields of the form that are no parameters of the list: a choice of a time, two days, and what was chosen when the form was shown. */
export const TIME_FIELDS = { period: 'period', from: 'from', to: 'to', before: 'before' } as const;

/** The parameters of the list as the filter form, which works without scripts, says them. */
export function filtersOfForm(form: Query): string {
  const { period, from, to, before } = TIME_FIELDS;
  const one = (name: string) => given(form, name)[0] ?? '';
  const days = one(from) || one(to) ? `${one(from) || '..'}/${one(to) || '..'}` : '';
  // Of a chosen time and days what was changed counts.
  const datetime = one(period) && (!days || one(period) !== one(before)) ? one(period) : days;
  return listQuery(form, { datetime });
}
