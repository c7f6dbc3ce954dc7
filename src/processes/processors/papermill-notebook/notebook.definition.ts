import { ArrayUnique, IsArray, IsInt, IsObject, IsOptional, IsString, Matches, Min, Validate } from 'class-validator';
import { Section, SectionList, TextLike, YamlBoolean } from '../../../config/constraints.js';
import { IsQuantities } from '../pod-definition-constraints.js';
import { AbsolutePath, ContainerDefinition, ObjectName, OptionalText } from './container.definition.js';
import { BesidesPodSecurityContext } from './definition-constraints.js';

/** One entry of `extra_pvcs`. */
export class ExtraClaimDefinition {
  @ObjectName()
  claim_name!: string;

  @AbsolutePath()
  mount_path!: string;

  @OptionalText()
  @TextLike(/^(?!\/)(?!(.*\/)?\.\.(\/|$))[^\0]+$/, 'a relative path without ".."')
  sub_path?: string;
}

/** `checkout_git_repo`: what is cloned to `/home/jovyan/git/algorithm` before the notebook runs. */
export class GitRepositoryDefinition {
  @TextLike(/^https?:\/\/[^\s@]+$/, 'an http:// or https:// address without user and password')
  url!: string;

  /** A secret with `username` and `password`; not set: the repository asks for none. */
  @OptionalText()
  @ObjectName()
  secret_name?: string;

  /** An image with `sh` and `git`. */
  @OptionalText()
  @IsString()
  image?: string;
}

/** The `processor` section of a process that runs notebooks. */
export class NotebookDefinition extends ContainerDefinition {
  @AbsolutePath()
  output_directory!: string;

  @OptionalText()
  @ObjectName()
  home_volume_claim_name?: string;

  @IsOptional()
  @SectionList(() => ExtraClaimDefinition)
  extra_pvcs?: ExtraClaimDefinition[];

  @OptionalText()
  @TextLike(/^https?:\/\/\S+$/, 'an http:// or https:// address')
  jupyter_base_url?: string;

  /** Not possible here: the server reads no secrets of the namespace. Warned of. */
  @IsOptional()
  @YamlBoolean()
  auto_mount_secrets?: boolean;

  @IsOptional()
  @Section(() => GitRepositoryDefinition)
  checkout_git_repo?: GitRepositoryDefinition;

  @IsOptional()
  @YamlBoolean()
  log_output?: boolean;

  @IsOptional()
  @IsObject()
  @Validate(IsQuantities)
  extra_resource_limits?: Record<string, string | number>;

  @IsOptional()
  @IsObject()
  @Validate(IsQuantities)
  extra_resource_requests?: Record<string, string | number>;

  @OptionalText()
  @ObjectName()
  job_service_account?: string;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Validate(BesidesPodSecurityContext)
  run_as_user?: number;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Validate(BesidesPodSecurityContext)
  run_as_group?: number;

  /** Whether each run has a folder of its own for its output notebook and its results. */
  @IsOptional()
  @YamlBoolean()
  results_in_output_dir?: boolean;

  /** Whether the executed notebook is an output, `notebook`; default true. */
  @IsOptional()
  @YamlBoolean()
  notebook_output?: boolean;

  @IsOptional()
  @IsArray()
  @ArrayUnique()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, {
    each: true,
    message: 'each value in $property must be the name of a group',
  })
  conda_store_groups?: string[];

  /** The only notebook that this process runs. Its parameters are then the inputs, as `metadata.inputs` describes them. */
  @OptionalText()
  @TextLike(/^(?!(.*\/)?\.\.(\/|$))[^\0]+$/, 'a path without ".."')
  notebook?: string;
}
