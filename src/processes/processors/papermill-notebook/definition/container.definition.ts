import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import {
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  Validate,
} from 'class-validator';
import type { V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { Section, SectionList, TextLike, YamlBoolean } from '../../../../config/constraints.js';
import { ProcessorDefinition } from '../../../registry/processor-definition.js';
import { IsQuantities, UniqueNames } from '../../pod-definition-constraints.js';
import { IsRegularExpression, NamedMappings, VolumeMounts } from './definition-constraints.js';

const DNS_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** The name of an object of the namespace. */
export const ObjectName = (): PropertyDecorator =>
  Matches(DNS_NAME, { message: '$property must be the name of a Kubernetes object' });

export const AbsolutePath = (): PropertyDecorator =>
  TextLike(/^\/(?!(.*\/)?\.\.(\/|$))[^\0:]*$/, 'an absolute path without ".." and ":"');

/** An optional key that configurations of the predecessor hold with an empty text where it is not used. */
export const OptionalText = (): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }): unknown => (value === '' ? undefined : value)),
    IsOptional(),
  );

/** `s3`: a bucket in the file system of the job, mounted by a sidecar. */
export class BucketDefinition {
  @IsString()
  @IsNotEmpty()
  bucket_name!: string;

  /** A secret with `username` (access key) and `password` (secret key). */
  @ObjectName()
  secret_name!: string;

  /** Address of the S3 server; empty: Amazon's. */
  @OptionalText()
  @TextLike(/^https?:\/\/[^\s/@]+(\/\S*)?$/, 'an http:// or https:// address')
  s3_url?: string;

  @IsOptional()
  @AbsolutePath()
  mount_path?: string;

  /** What mounts the bucket; it must be in the image. */
  @IsOptional()
  @IsIn(['s3fs', 'rclone'])
  program?: 's3fs' | 'rclone';

  @OptionalText()
  @IsString()
  image?: string;

  /** How long a job waits for the mount before it fails. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(3600)
  mount_timeout_seconds?: number;

  @IsOptional()
  @IsObject()
  @Validate(IsQuantities)
  resource_limits?: Record<string, string | number>;

  @IsOptional()
  @IsObject()
  @Validate(IsQuantities)
  resource_requests?: Record<string, string | number>;
}

/** One entry of `secrets`. */
export class SecretDefinition {
  @ObjectName()
  name!: string;

  /** `mount` (default): files under `/secret/NAME`; `env`: environment variables of its keys. */
  @IsOptional()
  @IsIn(['mount', 'env'])
  access?: 'mount' | 'env';
}

/** The keys that both processors of pygeoapi-kubernetes-papermill have. */
export class ContainerDefinition extends ProcessorDefinition {
  @IsString()
  @IsNotEmpty()
  default_image!: string;

  /** What the input `image` must match from its first to its last character; not set: no image but the default one. */
  @OptionalText()
  @Validate(IsRegularExpression)
  allowed_images_regex?: string;

  @OptionalText()
  @ObjectName()
  image_pull_secret?: string;

  @IsOptional()
  @Section(() => BucketDefinition)
  s3?: BucketDefinition;

  @IsOptional()
  @SectionList(() => SecretDefinition)
  secrets?: SecretDefinition[];

  /** Kubernetes volumes, as they are. */
  @IsOptional()
  @IsArray()
  @Validate(UniqueNames)
  @Validate(NamedMappings)
  extra_volumes?: V1Volume[];

  /** Kubernetes volume mounts of the main container, as they are. */
  @IsOptional()
  @IsArray()
  @Validate(VolumeMounts)
  extra_volume_mounts?: V1VolumeMount[];

  /** With `node_purpose_label_key`: pods run only on nodes whose label has this value, or that of the input `node_purpose`. */
  @OptionalText()
  @IsString()
  default_node_purpose?: string;

  @OptionalText()
  @IsString()
  node_purpose_label_key?: string;

  /** What the input `node_purpose` must match as a whole; not set: no purpose but the default one. */
  @OptionalText()
  @Validate(IsRegularExpression)
  allowed_node_purposes_regex?: string;

  @IsOptional()
  @YamlBoolean()
  allow_fargate?: boolean;
}
