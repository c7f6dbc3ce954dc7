import type { RequestFault } from '../../ogc/domain-errors.js';

/** The most tags that a job may have, and characters of one. */
export const MOST_TAGS = 20;
export const LONGEST_TAG = 64;

/** Whether it is a text that a job can be found by: one line, to be told from others by what is seen of it. */
export function isTag(value: unknown): value is string {
  if (typeof value !== 'string' || value !== value.trim() || !value.isWellFormed()) return false;
  const { length } = [...value.slice(0, 2 * LONGEST_TAG + 1)];
  return length >= 1 && length <= LONGEST_TAG && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value);
}

/**
 * The extension member `tags` of an execute request: what the job is to be found by. Null counts as not there.
 * @returns undefined where there are none, or they are at fault
 */
export function parseTags(
  body: Readonly<Record<string, unknown>>,
  faults: RequestFault[],
): readonly string[] | undefined {
  const given = (Object.hasOwn(body, 'tags') ? body['tags'] : undefined) ?? undefined;
  if (given === undefined) return undefined;
  if (!Array.isArray(given) || given.length > MOST_TAGS) {
    faults.push({ pointer: '/tags', message: `must be a list of at most ${MOST_TAGS} texts` });
    return undefined;
  }
  const tags = given as readonly unknown[];
  const before = faults.length;
  tags.forEach((tag, at) => {
    const first = tags.indexOf(tag);
    if (!isTag(tag))
      faults.push({
        pointer: `/tags/${at}`,
        message: `must be a text of 1 to ${LONGEST_TAG} characters, in one line, without blanks at its ends`,
      });
    else if (first < at) faults.push({ pointer: `/tags/${at}`, message: `is the same as /tags/${first}` });
  });
  return faults.length === before && tags.length > 0 ? (tags as readonly string[]) : undefined;
}
