import { missingZone } from '../../ogc/date-times.js';

/** Milliseconds since the epoch, both ends inclusive. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

const DATE_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/i;

/**
 * Reads the parameter `datetime` (OGC API - Processes 1.0, section 12). Beside those of OGC APIs an interval may begin with how long it is
 * (ISO 8601, DURATION/END): before `now` where its end is open, so that `PT1H/..` is the last hour.
 */
export function parseInterval(text: string, now: Date): Interval | undefined {
  const [first = '', second, ...rest] = text.split('/');
  if (rest.length > 0) return undefined;
  const open = (end: string) => end === '' || end === '..';
  const length = second === undefined ? undefined : parseDuration(first);
  if (length !== undefined && second !== undefined) {
    if (open(second)) return { start: now.getTime() - length, end: Infinity };
    const [from, to] = [instant(second, false), instant(second, true)];
    return from === undefined || to === undefined ? undefined : { start: from - length, end: to };
  }
  const start = open(first) && second !== undefined ? -Infinity : instant(first, false);
  const end = second === undefined ? instant(first, true) : open(second) ? Infinity : instant(second, true);
  return start === undefined || end === undefined || start > end ? undefined : { start, end };
}

/** What is wrong with one that cannot be read. */
export function intervalFault(text: string): string {
  const ends = text.split('/');
  const withoutZone = ends.find((end) => missingZone(end) !== undefined);
  if (withoutZone !== undefined) return `${missingZone(withoutZone)} (is "${withoutZone}")`;
  const unescaped = ends.find((end) => / \d{2}:\d{2}$/.test(end));
  if (unescaped !== undefined) return `must have the + of its offset written as %2B in an address (is "${unescaped}")`;
  return 'must be an RFC 3339 date-time, or an interval START/END with ".." for an open end';
}

const DURATION = /^P(?=[\dT])(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$/;
const UNITS = [7 * 86_400, 86_400, 3600, 60, 1];

/** Milliseconds of a duration (ISO 8601) in weeks, days, hours, minutes and seconds. */
function parseDuration(text: string): number | undefined {
  const [, ...numbers] = DURATION.exec(text) ?? [];
  if (numbers.length === 0) return undefined;
  return 1000 * numbers.reduce((sum, number, at) => sum + Number(number ?? 0) * (UNITS[at] ?? 0), 0);
}

/** A date is its first millisecond, or as the end of an interval its last; a date-time to the second is that second. */
function instant(text: string, last: boolean): number | undefined {
  if (!DATE_TIME.test(text)) return undefined;
  const time = Date.parse(text);
  // JavaScript takes 30 February for 2 March.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDate();
  if (Number.isNaN(time) || day !== Number(text.slice(8, 10))) return undefined;
  if (!last || text.includes('.')) return time;
  return time + (text.includes('T') || text.includes('t') ? 999 : 24 * 3600 * 1000 - 1);
}
