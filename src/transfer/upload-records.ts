import { isMapping } from '../config/validation.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import type { UploadedPart } from '../object-store/uploads.js';

/** A file that a job has begun to upload. What was announced last counts. */
export interface UploadRecord {
  readonly key: string;
  /** Of the upload in the store. */
  readonly id: string;
  /** Stands in the object's metadata, too. */
  readonly token: string;
  readonly mediaType: string;
  /** Bytes of the whole file; absent: its parts are still being sent. */
  readonly size?: number;
  /** 64 hexadecimal digits, as the job said. */
  readonly sha256?: string;
  /** How many parts the file has; absent: one. */
  readonly parts?: number;
  /** Begun for a file that comes in one request; what comes after it begins another. */
  readonly whole?: true;
  /** The whole file that arrived before this one was announced, of the same size: it counts while this one has not arrived. */
  readonly before?: UploadRecord;
  /** All of it passes through this server, which sends it on with its digests. */
  readonly relayed?: true;
  /** UID of the pod that sends it, of a job that may be tried again: what another attempt has sent is no result of this one. */
  readonly pod?: string;
}

/** Whether these parts are the file of a record. */
export function areWhole(parts: readonly UploadedPart[], record: UploadRecord): boolean {
  const actual = parts.reduce((sum, part) => sum + part.size, 0);
  return parts.length === (record.parts ?? 1) && actual === record.size;
}

export type UploadRecords = ReadonlyMap<string, UploadRecord>;

/** Annotations are in the hands of everybody who may edit a Job: what is not as this server writes it counts as not there. */
export function parseUploadRecords(text: string | undefined): UploadRecords {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text ?? '');
  } catch {
    return new Map();
  }
  if (!isMapping(parsed)) return new Map();
  return new Map(Object.entries(parsed).filter((entry): entry is [string, UploadRecord] => isUploadRecord(entry[1])));
}

/** Where the file of an output goes: derived, so that whoever edits a Job cannot have it be another's. */
export function uploadKey(pathPrefix: string, job: Pick<JobRecord, 'created' | 'name'>, outputId: string): string {
  const day = job.created.toISOString().slice(0, 10);
  return `${pathPrefix}${day}_${job.name}-output-${encodeURIComponent(outputId)}`;
}

/** The uploads that are noted on a Job, but for those to other keys than its own. */
export function uploadsOf(
  job: Pick<JobRecord, 'created' | 'name'>,
  text: string | undefined,
  pathPrefix: string,
): UploadRecords {
  const isOwn = ([id, { key, before }]: readonly [string, UploadRecord]): boolean =>
    id.isWellFormed() && key === uploadKey(pathPrefix, job, id) && (before === undefined || isOwn([id, before]));
  return new Map([...parseUploadRecords(text)].filter(isOwn));
}

export function formatUploadRecords(records: UploadRecords): string {
  return JSON.stringify(Object.fromEntries(records));
}

function isUploadRecord(value: unknown): value is UploadRecord {
  if (!isMapping(value)) return false;
  const { size, sha256, parts, pod, before } = value;
  return (
    ['key', 'id', 'token', 'mediaType'].every((name) => typeof value[name] === 'string') &&
    (size === undefined || (typeof size === 'number' && size >= 0)) &&
    (sha256 === undefined || typeof sha256 === 'string') &&
    (parts === undefined || (Number.isSafeInteger(parts) && Number(parts) >= 1)) &&
    (pod === undefined || typeof pod === 'string') &&
    (before === undefined || isUploadRecord(before))
  );
}
