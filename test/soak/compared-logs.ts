import { createHash } from 'node:crypto';
import type { TestBed } from '../support/test-bed.js';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What the server adds to a log of which it does not know that it is whole. */
const REMARK = /^\[the beginning of this log .*\]\n/m;
const UNREADABLE = '[no log: ';
const HEADINGS = /^Logs of pod '([^']+)'\nContainer '[^']+'\n/;

/** What a stored log has beneath its headings. */
export const withoutHeadings = (log: string): string => log.replace(HEADINGS, '');

/**
 * Compares a stored log, byte by byte, with what its node has of the pod, where that is still there, and with what is noted on its Job.
 * @param noted the annotation of the Job about it, where it has one
 * @returns with how many of these it was compared, what is wrong, and whether the node has just that
 */
export async function compareLog(
  bed: TestBed,
  key: string,
  noted: string | undefined,
): Promise<{ compared: number; wrong: string[]; isAsOnNode: boolean }> {
  const log = await bed.store.read(key);
  const wrong: string[] = [];
  const [, podName = ''] = HEADINGS.exec(log) ?? [];
  if (noted !== undefined) {
    const { size, digest } = JSON.parse(noted) as { size: number; digest: string };
    if (size !== Buffer.byteLength(log) || digest !== `sha256:${sha256(log)}`)
      wrong.push(`${key}: ${Buffer.byteLength(log)} bytes, not the ${size} that are noted, or others`);
  }
  const onNode = log.includes(UNREADABLE) ? undefined : await logOnNode(bed, podName);
  const stored = withoutHeadings(log).replace(REMARK, '');
  if (onNode !== undefined && stored !== onNode)
    wrong.push(`${key}: ${stored.length} characters, where the node has ${onNode.length}, or others`);
  const isAsOnNode = stored === onNode;
  return { isAsOnNode, compared: (noted === undefined ? 0 : 1) + (onNode === undefined ? 0 : 1), wrong };
}

/** The kubelet answers so in place of the log of a container that it has removed. */
const REMOVED = /^(unable to retrieve container logs for|failed to try resolving symlinks in path) /;

/** Undefined where it cannot be read (any more). */
async function logOnNode({ cluster }: TestBed, name: string): Promise<string | undefined> {
  try {
    const log = await cluster.core.readNamespacedPodLog({ name, namespace: cluster.namespace });
    if (REMOVED.test(log)) return undefined;
    return log === '' || log.endsWith('\n') ? log : `${log}\n`;
  } catch {
    return undefined;
  }
}
