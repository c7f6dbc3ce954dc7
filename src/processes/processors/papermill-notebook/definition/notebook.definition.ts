import { Transform } from 'class-transformer';
import { ArrayUnique, IsArray, IsInt, IsObject, IsOptional, IsString, Matches, Min, Validate } from 'class-validator';
import type { LocalizedText } from '../../../../config/configuration.js';
import {
  IntegerFrom,
  LocalizedTextValue,
  Section,
  SectionList,
  TextLike,
  YamlBoolean,
} from '../../../../config/constraints.js';
import { IsQuantities } from '../../pod-definition-constraints.js';
import { AbsolutePath, ContainerDefinition, ObjectName, OptionalText } from './container.definition.js';
import { BesidesPodSecurityContext, NotebookEntries } from './definition-constraints.js';

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

  /** Branch, tag or commit; not set: the default branch. The input `git_revision` stands over it. */
  @OptionalText()
  @TextLike(/^[A-Za-z0-9_][A-Za-z0-9_./@^~+-]*$/, 'a branch, tag or commit')
  revision?: string;

  /** An image with `sh` and `git`. */
  @OptionalText()
  @IsString()
  image?: string;
}

const RELATIVE = /^(?!(.*\/)?\.\.(\/|$))[^\0]+$/;

/** One entry of `notebooks`: a notebook, or all that fit a pattern. */
export class NotebookEntryDefinition {
  /** Path of a notebook in the job, relative to the home folder. */
  @OptionalText()
  @TextLike(RELATIVE, 'a path without ".."')
  path?: string;

  /** Pattern of paths: `*`, `?`, `[…]`, and `**` for folders of any depth. */
  @OptionalText()
  @TextLike(RELATIVE, 'a pattern of paths without ".."')
  glob?: string;

  /** Path or pattern of paths in the repository of `checkout_git_repo`. */
  @OptionalText()
  @TextLike(/^(?!\/)(?!(.*\/)?\.\.(\/|$))[^\0]+$/, 'a relative path, or pattern of paths, without ".."')
  git?: string;

  /** Of the process; default: the notebook's file name without its ending. */
  @OptionalText()
  @TextLike(/^[^\s/?#%]+$/, 'an id that can stand in an address, without spaces and / ? # %')
  id?: string;

  /** Before the ids of a pattern's notebooks. */
  @OptionalText()
  @TextLike(/^[^\s/?#%]+$/, 'the beginning of an id, without spaces and / ? # %')
  id_prefix?: string;

  /** Stands over the notebook's first heading. */
  @IsOptional()
  @LocalizedTextValue()
  title?: LocalizedText;

  /** Stands over the text under that heading. */
  @IsOptional()
  @LocalizedTextValue()
  description?: LocalizedText;

  /** As the `metadata` of a process: stands over what is found out, key by key. */
  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown>;
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

  /** Whether jobs get the secrets of the namespace that JupyterLab's users have there (`auto-secrets.ts`) as environment variables. */
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

  /** The only notebook that this process runs. Its parameters are then the inputs: what `metadata.inputs` says, else what is found out. */
  @OptionalText()
  @TextLike(RELATIVE, 'a path without ".."')
  notebook?: string;

  /** Notebooks that are processes of their own, in the place of this one. An entry that is only a text is a path. */
  @IsOptional()
  @Transform(({ value }): unknown => (Array.isArray(value) ? value.map(asEntry) : value))
  @SectionList(() => NotebookEntryDefinition)
  @Validate(NotebookEntries)
  notebooks?: NotebookEntryDefinition[];

  /** Seconds after which notebooks are looked at anew; not set: only when the configuration (an image's tag, say) changes. */
  @IsOptional()
  @IntegerFrom(60)
  inspection_refresh_seconds?: number;

  /** Seconds until the look at the notebooks must have ended, pulling the image included; default 600. */
  @IsOptional()
  @IntegerFrom(1)
  inspection_deadline_seconds?: number;
}

function asEntry(entry: unknown): unknown {
  return Object.assign(new NotebookEntryDefinition(), typeof entry === 'string' ? { path: entry } : entry);
}
