import { type ArchiveFilter, processOf, type SeenProcess } from '../../../archive/records/archive.js';
import type { ArchivedStatus } from '../../../archive/records/archived-job.js';
import type { JobListQuery, Reading } from '../job-list.query.js';

/** In which jobs end. */
export const ENDS: readonly ArchivedStatus[] = ['successful', 'failed', 'dismissed'];
/** Seconds; nothing takes longer, and every database can reckon with it. */
const LONGEST = 1e11;

/** Whether a query may find jobs that have ended. */
export function asksForEnded({ types, statuses }: JobListQuery): boolean {
  return (types?.has('process') ?? true) && (!statuses || ENDS.some((status) => statuses.has(status)));
}

/**
 * What of the archive a caller is asking for: what one may not see or read is not found.
 * @param processes all that may be in the archive
 * @returns undefined where it is nothing
 */
export function archiveFilterOf(
  query: JobListQuery,
  { scope, mayRead, isTitled }: Reading,
  processes: readonly SeenProcess[],
): ArchiveFilter | undefined {
  const { processIds, statuses, causes, text, tags, datetime, minDuration, maxDuration } = query;
  const asked = [...(processIds ?? []), ...(scope?.owners ?? []), ...(tags ?? []), text ?? ''];
  // Which no database keeps in a text.
  if (!asksForEnded(query) || asked.some((part) => part.includes('\0'))) return undefined;
  const sees = scope?.sees;
  const among = (isSo: Reading['mayRead']) => processes.filter((process) => isSo(processOf(process)));
  const readsMore = (causes ?? text ?? tags) !== undefined;
  return {
    ...(processIds ? { processIds: [...processIds] } : {}),
    ...(sees ? { seenProcesses: among(sees) } : {}),
    ...(statuses ? { statuses: ENDS.filter((status) => statuses.has(status)) } : {}),
    ...(causes ? { causes: [...causes] } : {}),
    ...(readsMore ? { readableProcesses: among(mayRead) } : {}),
    ...(scope?.owners ? { owners: scope.owners } : {}),
    ...(text === undefined ? {} : { text, titledProcesses: titled(processes, isTitled) }),
    ...(tags ? { tags } : {}),
    ...(datetime ? { created: datetime } : {}),
    ...(minDuration === undefined ? {} : { minDuration: Math.min(minDuration, LONGEST) }),
    ...(maxDuration === undefined ? {} : { maxDuration: Math.min(maxDuration, LONGEST) }),
  };
}

function titled(processes: readonly SeenProcess[], isTitled: Reading['isTitled']): readonly string[] {
  return [...new Set(processes.map(({ processId }) => processId))].filter(isTitled);
}
