import type { V1Job } from '@kubernetes/client-node';
import { gunzipSync, gzipSync } from 'node:zlib';
import { label, ownAnnotation } from '../k8s/names.js';
import type { Finding } from '../processes/processor.js';

/** Bytes of a finding in its annotation: all annotations of an object together may have 256 KiB. */
export const MOST_RECORDED = 160 * 1024;
/** Bytes of JSON that a finding may have. */
export const MOST_FOUND = 1024 * 1024;

/** What is kept of the Job of an inspection. */
export interface InspectionRecord {
  readonly name: string;
  readonly uid: string;
  readonly digest: string;
  readonly created: Date;
  readonly number: number;
  readonly failures: number;
  /** Undefined: it goes on. */
  readonly ended?: { readonly how: 'complete' | 'failed'; readonly at: Date; readonly message?: string };
  readonly problem?: string;
  /** What came of it, once that is recorded. */
  readonly finding?: Exclude<Finding, { readonly state: 'pending' }>;
  readonly deleted: boolean;
}

/** Undefined: no inspection's. */
export function toInspectionRecord({ metadata, status }: V1Job): InspectionRecord | undefined {
  const digest = metadata?.labels?.[label.inspection];
  if (digest === undefined || !metadata?.name || !metadata.uid) return undefined;
  const notes = metadata.annotations ?? {};
  const end = status?.conditions?.find(
    ({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True',
  );
  const created = new Date(metadata.creationTimestamp ?? 0);
  const finding = readFinding(notes);
  const problem = notes[ownAnnotation.inspectionProblem];
  return {
    name: metadata.name,
    uid: metadata.uid,
    digest,
    created,
    number: countOf(notes[ownAnnotation.inspectionNumber]),
    failures: countOf(notes[ownAnnotation.inspectionFailures]),
    deleted: metadata.deletionTimestamp !== undefined,
    ...(end
      ? {
          ended: {
            how: end.type === 'Complete' ? 'complete' : 'failed',
            at: new Date(end.lastTransitionTime ?? created),
            ...(end.message ? { message: end.message } : {}),
          },
        }
      : {}),
    ...(problem === undefined ? {} : { problem }),
    ...(finding ? { finding } : {}),
  };
}

/** The annotations that record a finding. @returns undefined where it is too large */
export function recordedFinding(json: string): Readonly<Record<string, string>> | undefined {
  const text = gzipSync(json).toString('base64');
  return text.length > MOST_RECORDED ? undefined : { [ownAnnotation.finding]: text };
}

function readFinding(notes: Readonly<Record<string, string>>): InspectionRecord['finding'] {
  const failure = notes[ownAnnotation.inspectionFailure];
  if (failure !== undefined) return { state: 'failed', reason: failure };
  const text = notes[ownAnnotation.finding];
  if (text === undefined) return undefined;
  try {
    const json = gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MOST_FOUND }).toString('utf8');
    return { state: 'found', value: JSON.parse(json) as unknown };
  } catch {
    return { state: 'failed', reason: 'What is recorded of it on the Kubernetes Job cannot be read.' };
  }
}

function countOf(text: string | undefined): number {
  const count = Number(text);
  return Number.isSafeInteger(count) && count >= 0 ? count : 0;
}
