import type { Share, Shared } from '../../ogc/requests/share.js';

/** Whether a link opens this of a job. @param what `page`: its status, which not every link opens */
export function isOpenBy(
  share: Share,
  { jobId, uid }: { readonly jobId: string; readonly uid?: string },
  what: Shared = 'results',
): boolean {
  return share.jobId === jobId && share.uid === uid && (what === 'results' || share.for === what);
}
