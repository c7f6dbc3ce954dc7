import type { ContainerRecord } from '../jobs/model/pod-record.js';
import { isAtOnce } from './log-heads.js';

/** `cut`: its node rotated the log, and only the newest part was left. `unknown`: nobody watched when it began, so that this cannot be told. */
export type LogWholeness = 'whole' | 'cut' | 'unknown';

/** The kubelet looks at the size of logs every ten seconds; one of a container that ran for so many milliseconds has not been rotated. */
const TOO_SHORT_TO_ROTATE = 2_000;
/** The same of a container that has printed nothing. */
const TOO_SHORT_TO_BE_EMPTY = 10_000;

/** Whether it is worth asking when the log begins. */
export function mayBeRotated(container: ContainerRecord, noted: string | undefined): boolean {
  return Boolean(noted) || runOf(container) > TOO_SHORT_TO_ROTATE;
}

/**
 * @param noted the time of the log's first line as noted while the container ran; `''`: it printed nothing; undefined: not known
 * @param found the same of what can be read of the log now
 */
export function wholenessOf(container: ContainerRecord, noted: string | undefined, found: string): LogWholeness {
  if (noted) return noted === found ? 'whole' : 'cut';
  if (found !== '') return isAtOnce(found, container) || noted === '' ? 'whole' : 'unknown';
  return noted === '' || runOf(container) <= TOO_SHORT_TO_BE_EMPTY ? 'whole' : 'unknown';
}

function runOf({ startedAt, finishedAt }: ContainerRecord): number {
  return startedAt && finishedAt ? finishedAt.getTime() - startedAt.getTime() : Infinity;
}
