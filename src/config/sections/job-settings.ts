import { Transform } from 'class-transformer';
import { IsOptional, MaxLength } from 'class-validator';
import type { JobSettings, ResultReaders, ResultValidation, UndeclaredInputs } from '../configuration.js';
import { IntegerFrom, NotBeside, OneOf, YamlBoolean } from '../constraints.js';
import { NameOrNone, PodSettingsDefinition } from './pod-settings.js';

/** Kubernetes keeps these numbers in 32 bits. */
const MAX_INT32 = 2 ** 31 - 1;
/** A variable of a program on Linux has at most 128 KiB, with its name. */
const MAX_INLINE_INPUTS = 128 * 1024;
/** The largest number of jobs that a limit may be. */
export const MOST_JOBS = 1_000_000;
const DAY = 24 * 3600;
const WEEK = 7 * DAY;

/** The keys for {@link JobSettings}, and for pods; `server.manager` and each processor have them. */
export class JobSettingsDefinition extends PodSettingsDefinition {
  @IsOptional()
  @IntegerFrom(1, WEEK)
  start_deadline_seconds?: number;

  @IsOptional()
  @IntegerFrom(1, MAX_INT32)
  active_deadline_seconds?: number;

  @IsOptional()
  @IntegerFrom(0, MAX_INT32)
  ttl_seconds_after_finished?: number;

  @IsOptional()
  @IntegerFrom(1, MAX_INT32)
  results_ttl?: number;

  /** On failures of the infrastructure only. */
  @IsOptional()
  @IntegerFrom(0, 100)
  @NotBeside('backoff_limit')
  retries?: number;

  /** Whatever the failure. */
  @IsOptional()
  @IntegerFrom(0, 100)
  backoff_limit?: number;

  /** YAML 1.1 reads `off` as false. */
  @IsOptional()
  @Transform(({ value }) => (value === false ? 'off' : (value as unknown)))
  @OneOf(['off', 'warn', 'fail'])
  result_validation?: ResultValidation;

  @IsOptional()
  @OneOf(['token', 'public'])
  results?: ResultReaders;

  /** Of `server.manager`: of processes that offer asynchronous execution, too. */
  @IsOptional()
  @IntegerFrom(1, DAY)
  sync_max_wait?: number;

  @IsOptional()
  @YamlBoolean()
  automountServiceAccountToken?: boolean;

  /** What becomes of inputs that a process does not describe. */
  @IsOptional()
  @OneOf(['pass', 'refuse'])
  undeclared_inputs?: UndeclaredInputs;

  @IsOptional()
  @IntegerFrom(1024, MAX_INLINE_INPUTS)
  max_inline_inputs?: number;

  /** In the object store, those that have no room on the Job. */
  @IsOptional()
  @YamlBoolean()
  keep_inputs?: boolean;

  /** Of `server.manager`: of all processes together that anybody may execute. Of a process: its own. */
  @IsOptional()
  @IntegerFrom(1, MAX_INT32)
  max_jobs?: number;

  /** Its label on the Job has at most 63 characters. */
  @IsOptional()
  @MaxLength(63, { message: '$property must have at most 63 characters' })
  @NameOrNone()
  queue_name?: string;

  @IsOptional()
  @MaxLength(63, { message: '$property must have at most 63 characters' })
  @NameOrNone()
  queue_priority?: string;

  @IsOptional()
  @IntegerFrom(1, MAX_INT32)
  queue_deadline_seconds?: number;
}

/** The two go together: a process that sets either has nothing of the defaults for the other. */
function toRetries({ retries, backoff_limit: limit }: Partial<JobSettingsDefinition>): Partial<JobSettings> {
  if (isSet(retries)) return { backoffLimit: retries, retriesInfrastructureOnly: true };
  return isSet(limit) ? { backoffLimit: limit, retriesInfrastructureOnly: false } : {};
}

function isSet(value: number | null | undefined): value is number {
  return value !== undefined && value !== null;
}

/** Without the keys that are not set, so that others can be laid beneath. */
export function toJobSettings(definition: Partial<JobSettingsDefinition>): JobSettings {
  const settings = {
    startDeadlineSeconds: definition.start_deadline_seconds,
    activeDeadlineSeconds: definition.active_deadline_seconds,
    ttlSeconds: definition.ttl_seconds_after_finished,
    resultsTtlSeconds: definition.results_ttl,
    resultValidation: definition.result_validation,
    resultReaders: definition.results,
    ...toRetries(definition),
    automountServiceAccountToken: definition.automountServiceAccountToken,
    maxInlineInputs: definition.max_inline_inputs,
    keepInputs: definition.keep_inputs,
    maxJobs: definition.max_jobs,
    queueName: definition.queue_name,
    queuePriority: definition.queue_priority,
    queueDeadlineSeconds: definition.queue_deadline_seconds,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined && value !== null));
}
