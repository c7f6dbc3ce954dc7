import type { ListPosition } from '../model/job-record.js';
import type { JobOrder, SortedPosition } from './job-order.js';

/** Where a page begins or ends; both are not there together. */
export interface PagePlace {
  /** The last job of the page before. */
  readonly after?: ListPosition | SortedPosition;
  /** The first job of the page after, where pages are gone through backwards. */
  readonly before?: ListPosition | SortedPosition;
}

/**
 * @param order of the list; undefined: newest first
 * @param position of the last job on the page, or of the first one
 * @param way the page that is asked for comes after it or before it
 */
export function encodeCursor(
  { order }: { readonly order?: JobOrder },
  position: ListPosition | SortedPosition,
  way: 'after' | 'before' = 'after',
): string {
  const { created, requestedAt = 0, name } = position;
  const sorted = order && 'keys' in position ? ` ${JSON.stringify([order.name, position.keys])}` : '';
  const mark = way === 'before' ? '<' : '';
  return Buffer.from(`${mark}${created.getTime()} ${requestedAt} ${name}${sorted}`).toString('base64url');
}

/** @returns undefined, too, for one of another order */
export function decodeCursor(cursor: string, order: JobOrder | undefined): PagePlace | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const match = /^(<?)(\d{1,15}) (\d{1,15}) ([a-z0-9.-]+)(?: (.+))?$/s.exec(text);
  if (!match || (match[5] === undefined) !== (order === undefined)) return undefined;
  const [, mark, created, requestedAt, name = '', keys = ''] = match;
  const position = { created: new Date(Number(created)), requestedAt: Number(requestedAt), name };
  const sorted = order && parseJson(keys);
  if (!order) return mark ? { before: position } : { after: position };
  if (!Array.isArray(sorted) || sorted[0] !== order.name || !order.fits(sorted[1])) return undefined;
  const place = { ...position, keys: sorted[1] };
  return mark ? { before: place } : { after: place };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
