import { ownAnnotation } from '../../../k8s/names.js';
import { isTag, MOST_TAGS } from '../../../processes/request/tags.js';
import { isTime } from './job-annotations.js';

export { LONGEST_TAG, MOST_TAGS } from '../../../processes/request/tags.js';

/** What of a job is there for the archive. */
export interface Archival {
  /** What its execute request calls it. Absent: nothing. */
  readonly tags?: readonly string[];
  /** Which state of it the archive has; absent: none. */
  readonly archivedState?: string;
  /** It is let go, for the archive has it. */
  readonly released?: true;
}

export function archivalOf(annotations: Readonly<Record<string, string>>): Archival {
  const tags = parseTags(annotations[ownAnnotation.tags]);
  const archivedState = annotations[ownAnnotation.archived];
  return {
    ...(tags.length > 0 ? { tags } : {}),
    ...(archivedState === undefined ? {} : { archivedState }),
    ...(isTime(annotations[ownAnnotation.released]) ? { released: true } : {}),
  };
}

function parseTags(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  try {
    const tags: unknown = JSON.parse(text);
    return Array.isArray(tags) ? tags.filter(isTag).slice(0, MOST_TAGS) : [];
  } catch {
    return [];
  }
}
