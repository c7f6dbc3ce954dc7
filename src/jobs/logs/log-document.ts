import type { ContainerRecord, PodRecord } from '../model/pod-record.js';

/** First line of a pod's log document; the predecessor's. */
export function podHeading(pod: Pick<PodRecord, 'name'>): string {
  return `Logs of pod '${pod.name}'\n`;
}

/** The line before a container's log; the predecessor's. */
export function containerHeading(container: Pick<ContainerRecord, 'name' | 'init'>): string {
  return `${container.init ? 'Init Container' : 'Container'} '${container.name}'\n`;
}

const HEADING = /^(?:Init )?Container '([^']+)'$/;

/** The container whose log begins with this line; undefined where the line is no heading. A program may print what looks like one. */
export function containerOfHeading(line: string): string | undefined {
  return HEADING.exec(line)?.[1];
}

/** Stands where a container's log should be. */
export function missingLog(reason: string): string {
  return `[no log: ${reason}]\n`;
}

/** Why a container that has not run has not. */
export function whyNotRun(container: ContainerRecord): string {
  const why = [container.reason, container.message].filter(Boolean).join(': ');
  return `the container never started${why ? `: ${why}` : ''}`;
}

/** Where a job's log stands in the object store, without `.txt`; the predecessor's. The day is that of the job's end, in UTC. */
export function logKeyStem(prefix: string, jobName: string, finished: Date): string {
  return `${prefix}${finished.toISOString().slice(0, 10)}_${jobName}-logs`;
}
