import { Transform, Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsNotEmpty,
  IsNotIn,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Validate,
  ValidateNested,
} from 'class-validator';
import type { V1Container } from '@kubernetes/client-node';
import { ProcessorDefinition } from '../registry/processor-definition.js';
import {
  EitherOf,
  InitContainers,
  IsEnvironmentValue,
  IsQuantity,
  IsQuantities,
  UniqueNames,
} from './pod-definition-constraints.js';
import { environmentText } from './environment-text.js';

/** Set by the server on its containers (README of the predecessor): a definition must not set them. */
export const RESERVED_ENVIRONMENT = ['PYGEOAPI_JOB_ID', 'PYGEOAPI_PROCESS_ID', 'PYGEOAPI_K8S_MANAGER_INPUTS'];

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const dnsLabel = { message: '$property must be a DNS label: lower case letters, digits and dashes, at most 63' };
const dnsName = { message: '$property must be the name of a Kubernetes object' };

/** One entry of `env`: `{name, value}` or `{name, secret_name, secret_key}`. */
export class EnvironmentVariable {
  @Matches(/^[-._a-zA-Z][-._a-zA-Z0-9]*$/, { message: '$property must be the name of an environment variable' })
  @IsNotIn(RESERVED_ENVIRONMENT, { message: '$property must not be one of $constraint1: the server sets them' })
  @Validate(EitherOf, [['value'], ['secret_name', 'secret_key']])
  name!: string;

  /** Numbers become text, booleans `True` and `False`, as the predecessor wrote them ({@link environmentText}). */
  @Transform(({ obj }) => environmentText(obj as object, 'value'))
  @Validate(IsEnvironmentValue)
  value?: string | number | boolean;

  @IsOptional()
  @Matches(DNS_NAME, dnsName)
  secret_name?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  secret_key?: string;
}

export class ResourcesDefinition {
  @IsOptional()
  @IsObject()
  @Validate(IsQuantities)
  requests?: Record<string, string | number>;

  @IsOptional()
  @IsObject()
  @Validate(IsQuantities)
  limits?: Record<string, string | number>;
}

export class EmptyDirDefinition {
  @IsOptional()
  @Validate(IsQuantity)
  size_limit?: string | number;

  @IsOptional()
  @IsIn(['', 'Memory'])
  medium?: string;
}

/** One entry of `storage`: a volume and where the main container mounts it. */
export class StorageDefinition {
  @Matches(DNS_LABEL, dnsLabel)
  @Validate(EitherOf, [['persistent_volume_claim_name'], ['empty_dir']])
  name!: string;

  @Matches(/^\/[^:]*$/, { message: '$property must be an absolute path without ":"' })
  mount_path!: string;

  @IsOptional()
  @Matches(DNS_NAME, dnsName)
  persistent_volume_claim_name?: string;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => EmptyDirDefinition)
  empty_dir?: EmptyDirDefinition;
}

/** The keys that make a pod of one main container, shared by the processors that run one image. */
export class PodDefinition extends ProcessorDefinition {
  @IsOptional()
  @IsArray()
  @Validate(UniqueNames)
  @ValidateNested({ each: true })
  @Type(() => EnvironmentVariable)
  env?: EnvironmentVariable[];

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ResourcesDefinition)
  resources?: ResourcesDefinition;

  @IsOptional()
  @IsArray()
  @Validate(UniqueNames)
  @ValidateNested({ each: true })
  @Type(() => StorageDefinition)
  storage?: StorageDefinition[];

  /** Kubernetes containers, as they are. */
  @IsOptional()
  @IsArray()
  @Validate(InitContainers)
  init_containers?: V1Container[];

  /** Generic image: the container's command. Hello world: shell commands that run first. */
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @IsString({ each: true })
  command?: string[];
}
