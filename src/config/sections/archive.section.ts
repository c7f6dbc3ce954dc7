import { resolve } from 'node:path';
import { IsOptional } from 'class-validator';
import type { ConfigurationFault } from '../configuration-error.js';
import { Seconds, Text, TextLike } from '../constraints.js';
import { validateDefinition } from '../validation.js';

/** Where the records of jobs are kept that have ended: `archive` of the file. */
export interface ArchiveSettings {
  /** `postgres://` or `postgresql://`, without a password; `embedded`: PostgreSQL in this process, in {@link folder}. */
  readonly url: string;
  /** `ARCHIVE_PASSWORD`, else what stands in the address. */
  readonly password?: string;
  /** Of the embedded one: absolute. */
  readonly folder: string;
  /** Whose records these are: several servers may share an archive. Undefined: namespace and prefix of the jobs, `NAMESPACE/PREFIX`. */
  readonly instance?: string;
  /** Seconds from a job's end until its Job leaves the cluster, where its record is in the archive; undefined: as without an archive. */
  readonly keepJobs?: number;
  /** Seconds from a job's end until its record goes; undefined: never. */
  readonly keepRecords?: number;
}

export const EMBEDDED = 'embedded';
/** At least: what has just ended is looked at by its clients. */
export const SHORTEST_KEPT = 60;
const LONGEST_KEPT = 100 * 366 * 24 * 3600;

class ArchiveDefinition {
  @Text()
  url!: string;

  /** Of the embedded one. */
  @IsOptional()
  @TextLike(/\S/, 'the path of a folder')
  folder?: string | null;

  @IsOptional()
  @TextLike(/^\S{1,200}$/, 'at most 200 characters, none of them blank')
  instance?: string | null;

  @IsOptional()
  @Seconds(SHORTEST_KEPT, LONGEST_KEPT)
  keep_jobs?: number | null;

  @IsOptional()
  @Seconds(SHORTEST_KEPT, LONGEST_KEPT)
  keep_records?: number | null;
}

/** What the section does not say itself. */
export interface ArchiveSurroundings {
  /** `ARCHIVE_PASSWORD` */
  readonly password?: string;
  /** `DATA_DIR`, absolute. */
  readonly dataDir: string;
  /** Absolute: relative paths count from it. */
  readonly folder: string;
}

interface Read {
  /** Undefined where there is no archive. */
  readonly settings?: ArchiveSettings;
  readonly faults: readonly ConfigurationFault[];
  readonly unknownKeys: readonly string[];
}

/** `archive` of the file: an address, or a mapping with one. No message shows it, for a password may stand in it. */
export function readArchive(content: unknown, file: string, around: ArchiveSurroundings): Read {
  if (content === undefined || content === null) return { faults: [], unknownKeys: [] };
  const given = typeof content === 'string' ? { url: content } : content;
  const { value, faults, unknownKeys } = validateDefinition(ArchiveDefinition, given, file, 'archive');
  if (faults.length > 0) return { faults: faults.map(withoutValue), unknownKeys };
  const { url, folder, instance, keep_jobs: keepJobs, keep_records: keepRecords } = value;
  const address = addressOf(url);
  const found = [
    ...(address ? [] : [{ path: 'archive.url', message: ADDRESS }]),
    ...(folder && url !== EMBEDDED ? [{ path: 'archive.folder', message: `is there for url: ${EMBEDDED} alone` }] : []),
    ...(keepJobs && keepRecords && keepRecords < keepJobs
      ? [{ path: 'archive.keep_records', message: 'must be at least as long as archive.keep_jobs' }]
      : []),
  ];
  if (!address || found.length > 0) return { faults: found, unknownKeys };
  const password = around.password ?? address.password;
  const settings: ArchiveSettings = {
    url: address.url,
    ...(password === undefined ? {} : { password }),
    folder: folder ? resolve(around.folder, folder) : resolve(around.dataDir, 'archive'),
    ...(instance ? { instance } : {}),
    ...(keepJobs ? { keepJobs } : {}),
    ...(keepRecords ? { keepRecords } : {}),
  };
  return { settings, faults: [], unknownKeys };
}

const ADDRESS =
  `must be ${EMBEDDED}, or the address of a database such as postgres://user@host:5432/name?sslmode=verify-full ` +
  '(the value is not shown)';

/** What stands in the place of the address may hold a password. */
function withoutValue(fault: ConfigurationFault): ConfigurationFault {
  if (fault.path !== 'archive.url' && fault.path !== 'archive') return fault;
  return { ...fault, message: fault.message.endsWith('(is not set)') ? fault.message : ADDRESS };
}

function addressOf(text: string): Pick<ArchiveSettings, 'url' | 'password'> | undefined {
  if (text === EMBEDDED) return { url: text };
  const url = URL.parse(text);
  if (!url || !['postgres:', 'postgresql:'].includes(url.protocol) || url.hash !== '') return undefined;
  if (url.pathname.length < 2) return undefined;
  const { password } = url;
  url.password = '';
  try {
    return { url: url.href, ...(password === '' ? {} : { password: decodeURIComponent(password) }) };
  } catch {
    return undefined;
  }
}
