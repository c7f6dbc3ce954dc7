import { IsOptional } from 'class-validator';
import {
  ByteCount,
  Instant,
  IntegerFrom,
  NotBeside,
  satisfies,
  Section,
  TextLike,
  TextList,
} from '../../constraints.js';
import type { OidcSettings } from './oidc.js';

/** What one may do: of processes, and of the jobs of those that one may see. `admin`: everything, with everybody's jobs. */
export const ACTIONS = ['read', 'execute', 'logs', 'dismiss', 'deploy', 'admin'] as const;
export type Action = (typeof ACTIONS)[number];

/** What one caller may take of the server; undefined: without limit. */
export interface CallerLimits {
  /** Jobs that run at the same time. */
  readonly running?: number;
  /** Jobs that wait for their turn. */
  readonly waiting?: number;
  /** Executions in a minute, of one replica. */
  readonly submissionsPerMinute?: number;
  /** Of the inputs of an execution. */
  readonly inputBytes?: number;
  /** Of what is kept of one's jobs in the object store. */
  readonly storedBytes?: number;
}

/** A role: what those who have it may do. */
export interface RoleSettings {
  readonly name: string;
  readonly may: readonly Action[];
  /** Ids, `*` for any part of one. */
  readonly processes: readonly string[];
  /** Groups of OpenID Connect whose members have it. */
  readonly groups: readonly string[];
  /** Subjects of OpenID Connect, or names of tokens, that have it. */
  readonly subjects: readonly string[];
  readonly limits: CallerLimits;
  /** `queue_name`, `queue_priority`: of the jobs of those who have it, where neither process nor request says one. */
  readonly queueName?: string;
  readonly queuePriority?: string;
}

/** A token that somebody was given. One of these says what it is. */
export interface TokenSettings {
  readonly name: string;
  readonly roles: readonly string[];
  /** Of the token, in hexadecimal digits; of several while one replaces another. */
  readonly sha256?: readonly string[];
  /** What the variable holds that `env` names: {@link tokensIn}. */
  readonly token?: string;
  /** The file that holds it; absolute. It is read again when it changes. */
  readonly file?: string;
  /** From then on it opens nothing. */
  readonly expires?: Date;
}

/** Who may do what. With it nothing else decides, but that a processor may refuse what roles allow. */
export interface AccessRules {
  /** The role of who shows nothing; undefined: none, so that nothing is allowed. */
  readonly anonymous?: string;
  /** Whether one sees one's own jobs only. */
  readonly ownJobs: boolean;
  readonly tokens: readonly TokenSettings[];
  readonly roles: readonly RoleSettings[];
  /** What holds where no role of the caller says it. */
  readonly limits: CallerLimits;
  /** Jobs of one process that run at the same time, where the process does not say it (`max_running`); undefined: without limit. */
  readonly runningOfProcess?: number;
  readonly oidc?: OidcSettings;
}

const roleName = /^[\w.:-]{1,63}$/;
export const isRoleName = (name: string): boolean => roleName.test(name);
const notBlank = /\S/;

/** One, or several. */
function areDigests(value: unknown): boolean {
  const digests = [value].flat();
  return digests.length > 0 && digests.every((digest) => typeof digest === 'string' && /^[0-9a-f]{64}$/i.test(digest));
}

export class LimitsDefinition {
  @IsOptional()
  @IntegerFrom(0)
  running?: number | null;

  @IsOptional()
  @IntegerFrom(0)
  waiting?: number | null;

  @IsOptional()
  @IntegerFrom(1)
  submissions_per_minute?: number | null;

  @IsOptional()
  @ByteCount()
  input_bytes?: number | null;

  @IsOptional()
  @ByteCount()
  stored_bytes?: number | null;
}

export class ProcessLimitsDefinition {
  @IsOptional()
  @IntegerFrom(1)
  running?: number | null;
}

export class AllLimitsDefinition {
  @IsOptional()
  @Section(() => LimitsDefinition)
  per_caller?: LimitsDefinition | null;

  @IsOptional()
  @Section(() => ProcessLimitsDefinition)
  per_process?: ProcessLimitsDefinition | null;
}

export class RoleDefinition {
  @IsOptional()
  @satisfies('actions', `a list of ${ACTIONS.join(', ')}`, (value) => isListOf(value, ACTIONS))
  may?: Action[] | null;

  @IsOptional()
  @TextList('a list of ids of processes, * for any part of one')
  processes?: string[] | null;

  @IsOptional()
  @TextList('a list of names of groups')
  groups?: string[] | null;

  @IsOptional()
  @TextList('a list of subjects')
  subjects?: string[] | null;

  @IsOptional()
  @Section(() => LimitsDefinition)
  limits?: LimitsDefinition | null;

  @IsOptional()
  @TextLike(notBlank, 'the name of a LocalQueue')
  queue_name?: string | null;

  @IsOptional()
  @TextLike(notBlank, 'the name of a priority')
  queue_priority?: string | null;
}

export class TokenDefinition {
  @TextLike(/^[\w.@:-]{1,63}$/, 'a name of 1 to 63 letters, digits and _ . @ : -')
  name!: string;

  @IsOptional()
  @TextList('a list of names of roles', roleName)
  roles?: string[] | null;

  @IsOptional()
  @satisfies('digests', 'the SHA-256 of the token, 64 hexadecimal digits in quotes, or a list of them', areDigests)
  sha256?: string | string[] | null;

  @IsOptional()
  @TextLike(/^[A-Za-z_]\w*$/, 'the name of an environment variable')
  @NotBeside('sha256')
  env?: string | null;

  @IsOptional()
  @TextLike(notBlank, 'the path of a file')
  @NotBeside('sha256')
  @NotBeside('env')
  file?: string | null;

  @IsOptional()
  @Instant()
  expires?: string | null;
}

export function toLimits(definition: LimitsDefinition | null | undefined): CallerLimits {
  const { running, waiting, submissions_per_minute, input_bytes, stored_bytes } = definition ?? {};
  const limits = {
    running,
    waiting,
    submissionsPerMinute: submissions_per_minute,
    inputBytes: input_bytes,
    storedBytes: stored_bytes,
  };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined && value !== null));
}

export function toRole(name: string, definition: RoleDefinition): RoleSettings {
  const { may, processes, groups, subjects, limits, queue_name, queue_priority } = definition;
  return {
    name,
    may: may ?? [],
    processes: processes ?? ['*'],
    groups: groups ?? [],
    subjects: subjects ?? [],
    limits: toLimits(limits),
    ...(queue_name ? { queueName: queue_name } : {}),
    ...(queue_priority ? { queuePriority: queue_priority } : {}),
  };
}

function isListOf(value: unknown, allowed: readonly unknown[]): boolean {
  return Array.isArray(value) && value.every((entry) => allowed.includes(entry));
}
