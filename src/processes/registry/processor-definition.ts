import { Allow, IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { IntegerFrom, satisfies } from '../../config/constraints.js';
import { JobSettingsDefinition, MOST_JOBS } from '../../config/sections/job-settings.js';
import { OBJECT_NAME } from '../../config/sections/pod-settings.js';
import type { CommonDefinition } from '../processor.js';

/** A list of names of Kubernetes objects; labels have at most 63 characters. */
const ObjectNames = (): PropertyDecorator =>
  satisfies(
    'objectNames',
    'a list of names of Kubernetes objects, of at most 63 characters each',
    (value) =>
      Array.isArray(value) &&
      value.every((name) => typeof name === 'string' && name.length <= 63 && OBJECT_NAME.test(name)),
  );

const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;\s*[\w!#$&^.+-]+=("[^"\r\n]*"|[\w!#$&^.+:-]+))*$/;

/**
 * The keys of every `processor` section. Definition classes extend it; a processor without a definition class is checked against it, its
 * further keys untouched.
 */
export class ProcessorDefinition extends JobSettingsDefinition implements CommonDefinition {
  @IsString()
  name!: string;

  /** The process description; its content is checked once the processor has made a description of it. */
  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown>;

  @IsOptional()
  @IsBoolean()
  check_auth?: boolean;

  @IsOptional()
  @Matches(MEDIA_TYPE, { message: '$property must be a media type such as application/json' })
  mimetype?: string;

  /** How large inputs reach the main container: by an address, which its image knows of; else not at all. */
  @IsOptional()
  @IsIn(['url', 'refuse'])
  large_inputs?: 'url' | 'refuse';

  /** LocalQueues that the client may name in the execute request (`queue`). */
  @IsOptional()
  @ObjectNames()
  allowed_queues?: string[];

  /** WorkloadPriorityClasses that the client may name there. */
  @IsOptional()
  @ObjectNames()
  allowed_queue_priorities?: string[];

  /** Jobs of this process that run at the same time. */
  @IsOptional()
  @IntegerFrom(1, MOST_JOBS)
  max_running?: number;

  /** Of each call of an asynchronous method of the processor. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(600)
  processor_timeout_seconds?: number;

  /** Judged by the security-context policy. */
  @Allow()
  pod_security_context?: unknown;

  @Allow()
  container_security_context?: unknown;
}
