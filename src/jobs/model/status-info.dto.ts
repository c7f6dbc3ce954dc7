import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { LinkDto } from '../../ogc/ogc.dto.js';

/** Why a job failed. */
export class JobCauseDto {
  /** A word for programs. */
  @ApiProperty({ example: 'non-zero-exit' })
  type!: string;

  /** What happened, and what to do about it. */
  @ApiProperty()
  message!: string;

  /** The container that failed. */
  @ApiPropertyOptional()
  container?: string;

  @ApiPropertyOptional()
  exitCode?: number;

  /** Last lines of the container's log; only with the token, where the process asks for one. */
  @ApiPropertyOptional()
  log?: string;
}

/** Why a job failed, as a problem (RFC 7807). */
export class JobExceptionDto {
  /** Address of a page about the cause. */
  @ApiProperty()
  type!: string;

  @ApiProperty()
  title!: string;

  @ApiProperty({ type: 'integer' })
  status!: number;

  @ApiProperty()
  detail!: string;
}

export class DeliveryAttemptDto {
  @ApiProperty({ format: 'date-time' })
  at!: string;

  /** The status that the subscriber answered, or a word for why there was no answer. */
  @ApiProperty({ example: '204' })
  answer!: string;
}

/** How far the telling of a subscriber is. */
export class DeliveryDto {
  @ApiProperty({ enum: ['inProgress', 'success', 'failed'] })
  event!: string;

  /** Of the subscriber's address; the rest may be secret and is not shown. */
  @ApiProperty({ example: 'example.org' })
  host!: string;

  @ApiProperty({ enum: ['waiting', 'pending', 'delivered', 'given-up'] })
  status!: string;

  /** What of the job is told. */
  @ApiPropertyOptional({ example: 'running-40' })
  state?: string;

  @ApiProperty({ type: 'integer' })
  attempts!: number;

  /** When it is tried again. */
  @ApiPropertyOptional({ format: 'date-time' })
  next?: string;

  /** The newest attempts, oldest first. */
  @ApiProperty({ type: [DeliveryAttemptDto] })
  history!: DeliveryAttemptDto[];
}

/** An attempt that failed, through no fault of the job's own program where its process says `retries`, and was followed by another. */
export class AttemptDto {
  /** From 1. */
  @ApiProperty({ type: 'integer' })
  attempt!: number;

  /** Name of its pod. */
  @ApiProperty()
  pod!: string;

  @ApiPropertyOptional({ format: 'date-time' })
  started?: string;

  @ApiProperty({ format: 'date-time' })
  finished!: string;

  @ApiProperty({ type: JobCauseDto })
  cause!: JobCauseDto;

  /** Its Job was suspended meanwhile: it used none of `retries`. */
  @ApiPropertyOptional({ enum: [true] })
  uncounted?: true;
}

/** A job in a queue of Kueue; why it waits is its status' message. */
export class QueueStatusDto {
  /** Name of the LocalQueue; without it the job is in the server's own line. */
  @ApiPropertyOptional({ example: 'gpu' })
  name?: string;

  /** Name of the WorkloadPriorityClass, or of a priority in the server's own line. */
  @ApiPropertyOptional({ example: 'urgent' })
  priority?: string;

  /** Its place in the queue, from 1, where it waits and the cluster says; not in lists. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1 })
  position?: number;

  @ApiPropertyOptional({ format: 'date-time' })
  waitingSince?: string;

  /** A word for why it waits: Kueue's, or `MaxRunning`, `MaxRunningOfProcess`, `MaxRunningPerCaller`, `Next` in the server's own line. */
  @ApiPropertyOptional({ example: 'Pending' })
  reason?: string;
}

/** Something in which a result is not what it is called (`result_validation`). */
export class ResultProblemDto {
  /** Id of the output; absent: the result without a name. */
  @ApiPropertyOptional()
  output?: string;

  /** JSON Pointer into the result. */
  @ApiPropertyOptional({ example: '/features/0/geometry' })
  pointer?: string;

  @ApiProperty({ example: 'is called application/json, and is no JSON' })
  message!: string;
}

/** The status of a job (OGC API - Processes 1.0, schema statusInfo.yaml). Annotations `pygeoapi.io/KEY` that the job sets on itself appear as KEY. */
export class StatusInfoDto {
  @ApiProperty({ format: 'uuid' })
  jobID!: string;

  /** The same, as version 2.0 of the standard calls it. */
  @ApiPropertyOptional({ format: 'uuid' })
  id?: string;

  @ApiPropertyOptional()
  processID?: string;

  @ApiProperty({ enum: ['process'] })
  type!: 'process';

  /** What made the job, as version 2.0 of the standard asks. */
  @ApiPropertyOptional({ enum: ['ogc-api-processes'] })
  processingEntityType?: 'ogc-api-processes';

  @ApiProperty({ enum: ['accepted', 'running', 'successful', 'failed', 'dismissed'] })
  status!: string;

  @ApiPropertyOptional()
  message?: string;

  @ApiPropertyOptional({ minimum: 0, maximum: 100, type: 'integer' })
  progress?: number;

  /**
   * The inputs as a JSON text, as pygeoapi gives them, secrets `*`, long values `{"omitted": {"size", "sha256"}}`; for who may read the log. Absent,
   * too, where even so they have more than 1024 characters. `request` leads to all that is kept.
   */
  @ApiPropertyOptional({ example: '{"name":"World"}' })
  parameters?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  created?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  started?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  finished?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  updated?: string;

  @ApiPropertyOptional({ type: JobCauseDto })
  cause?: JobCauseDto;

  /** Of a failed job: the cause as a problem, as version 2.0 of the standard has it. */
  @ApiPropertyOptional({ type: JobExceptionDto })
  exception?: JobExceptionDto;

  /** Where the execute request is, for who may read the log; of version 2.0 of the standard. Not in lists. */
  @ApiPropertyOptional({ type: LinkDto })
  request?: LinkDto;

  /** Of a successful job: what is wrong with its results, which are given all the same. */
  @ApiPropertyOptional({ type: [ResultProblemDto] })
  resultProblems?: ResultProblemDto[];

  /** Of a job that is or was tried again: all attempts but the newest. */
  @ApiPropertyOptional({ type: [AttemptDto] })
  attempts?: AttemptDto[];

  /** How many attempts before those are not listed any more: their logs were removed. The job was suspended in each. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1 })
  omittedAttempts?: number;

  /** Of a job in a queue of the cluster, or in the server's own line. */
  @ApiPropertyOptional({ type: QueueStatusDto })
  queue?: QueueStatusDto;

  /** What the execute request calls it, to be found by. */
  @ApiPropertyOptional({ type: [String], example: ['nightly'] })
  tags?: string[];

  /** Whose it is, where roles say who may what; only for those who see all jobs. */
  @ApiPropertyOptional()
  owner?: string;

  /** Of a job with subscribers. */
  @ApiPropertyOptional({ type: [DeliveryDto] })
  subscriber?: DeliveryDto[];

  @ApiPropertyOptional({ type: [LinkDto] })
  links?: LinkDto[];
}
