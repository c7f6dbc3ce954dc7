import { Transform } from 'class-transformer';
import { Allow, ArrayNotEmpty, IsArray, IsOptional } from 'class-validator';
import type { ServerSection } from '../configuration.js';
import {
  HttpAddress,
  IntegerFrom,
  OneOf,
  OriginsOrBoolean,
  parseHostList,
  parseTrustedProxies,
  RequestHosts,
  Section,
  Text,
  TextLike,
  TrustedProxies,
  YamlBoolean,
} from '../constraints.js';
import { ManagerDefinition, toManagerSection } from './manager.section.js';
import { MapDefinition, mapWarnings, toMap } from './map.section.js';

const mediaType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;\s*[\w!#$&^.+-]+=(?:"[^"\r\n]*"|[\w!#$&^.+:-]+))*$/;
const languageTag = /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/;
const languageRequirement = 'a language tag such as en or en-US';

const parameterPattern = /^[^\s*&=#]+\*?$/;
/** A store takes an object of 5 GiB in one request, and the base64 of a file is a third larger. */
const LARGEST_UPLOAD = 3 * 1024 ** 3;
const OUTPUTS_EMPTY = ['all', 'none'] as const;

/** pygeoapi also takes `en_US`. */
const withHyphen = (value: unknown): unknown => (typeof value === 'string' ? value.replaceAll('_', '-') : value);

export class BindDefinition {
  @IsOptional()
  @TextLike(/^[^\s/]+$/, 'a host name or an IP address')
  host?: string | null;

  @IsOptional()
  @IntegerFrom(0, 65_535)
  port?: number | null;
}

export class LimitsDefinition {
  @IsOptional()
  @IntegerFrom(1)
  default_items?: number | null;

  @IsOptional()
  @IntegerFrom(1)
  max_items?: number | null;

  /** pygeoapi's limits for collections. */
  @Allow() max_distance_x?: unknown;
  @Allow() max_distance_y?: unknown;
  @Allow() max_distance_units?: unknown;
  @Allow() on_exceed?: unknown;
}

/** `server.followers`, `server.listeners` and `server.waits`. */
export class FollowersDefinition {
  @IsOptional()
  @IntegerFrom(1, 100_000)
  at_once?: number | null;

  @IsOptional()
  @IntegerFrom(1, 100_000)
  per_caller?: number | null;
}

/** `server.readers`. */
export class ReadersDefinition extends FollowersDefinition {
  @IsOptional()
  @IntegerFrom(0)
  minimum_rate?: number | null;
}

/** `server.linked_inputs`. */
export class LinkedInputsDefinition {
  @IsOptional()
  @IntegerFrom(1)
  per_request?: number | null;

  @IsOptional()
  @IntegerFrom(1)
  at_once?: number | null;
}

/** `server` of the file. */
export class ServerDefinition {
  @IsOptional()
  @Section(() => BindDefinition)
  bind?: BindDefinition | null;

  @IsOptional()
  @HttpAddress()
  url?: string | null;

  /** This server's own, as the next ones. */
  @IsOptional()
  @HttpAddress()
  internal_url?: string | null;

  @IsOptional()
  @IntegerFrom(1)
  max_request_bytes?: number | null;

  @IsOptional()
  @IntegerFrom(1)
  max_request_bytes_in_flight?: number | null;

  @IsOptional()
  @IntegerFrom(1, LARGEST_UPLOAD)
  max_upload_bytes?: number | null;

  @IsOptional()
  @IntegerFrom(1)
  max_upload_bytes_in_flight?: number | null;

  @IsOptional()
  @IntegerFrom(1)
  max_output_bytes?: number | null;

  @IsOptional()
  @IntegerFrom(1)
  max_job_output_bytes?: number | null;

  @IsOptional()
  @IntegerFrom(1, 24 * 3600)
  keep_alive_timeout?: number | null;

  @IsOptional()
  @Transform(({ value }) => parseTrustedProxies(value))
  @TrustedProxies()
  trust_proxy?: boolean | string[] | null;

  @IsOptional()
  @TextLike(mediaType, 'a media type such as application/json')
  mimetype?: string | null;

  @IsOptional()
  @Text()
  encoding?: string | null;

  @IsOptional()
  @YamlBoolean()
  gzip?: boolean | null;

  @IsOptional()
  @Transform(({ value }) => (Array.isArray(value) ? value.map(withHyphen) : value))
  @IsArray({ message: `$property must be a list of language tags such as en or en-US` })
  @ArrayNotEmpty({ message: `$property must hold at least one language tag` })
  @TextLike(languageTag, languageRequirement, { each: true })
  languages?: string[] | null;

  /** The older form of `languages`, which stands over it. */
  @IsOptional()
  @Transform(({ value }) => withHyphen(value))
  @TextLike(languageTag, languageRequirement)
  language?: string | null;

  @IsOptional()
  @OriginsOrBoolean()
  cors?: boolean | string[] | null;

  @IsOptional()
  @Section(() => MapDefinition)
  map?: MapDefinition | null;

  /** This server's own. */
  @IsOptional()
  @Transform(({ value }) => parseHostList(value))
  @RequestHosts()
  hosts?: string[] | null;

  @IsOptional()
  @YamlBoolean()
  pretty_print?: boolean | null;

  /** This server's own, as the next two. */
  @IsOptional()
  @YamlBoolean()
  kvp_execute?: boolean | null;

  @IsOptional()
  @OneOf(OUTPUTS_EMPTY)
  outputs_empty?: ServerSection['outputsEmpty'] | null;

  @IsOptional()
  @IsArray({ message: `$property must be a list of names of parameters` })
  @TextLike(parameterPattern, 'a name of a parameter, or the beginning of one and *', { each: true })
  ignore_parameters?: string[] | null;

  @IsOptional()
  @Section(() => LimitsDefinition)
  limits?: LimitsDefinition | null;

  @IsOptional()
  @Section(() => ReadersDefinition)
  readers?: ReadersDefinition | null;

  @IsOptional()
  @Section(() => LinkedInputsDefinition)
  linked_inputs?: LinkedInputsDefinition | null;

  @IsOptional()
  @Section(() => FollowersDefinition)
  followers?: FollowersDefinition | null;

  @IsOptional()
  @Section(() => FollowersDefinition)
  listeners?: FollowersDefinition | null;

  @IsOptional()
  @Section(() => FollowersDefinition)
  waits?: FollowersDefinition | null;

  @IsOptional()
  @IntegerFrom(1)
  max_inline_results?: number | null;

  /** The older form of `limits.default_items`, which stands over it. */
  @IsOptional()
  @IntegerFrom(1)
  limit?: number | null;

  @IsOptional()
  @Section(() => ManagerDefinition)
  manager?: ManagerDefinition | null;

  @IsOptional()
  @YamlBoolean()
  cite_compatibility?: boolean | null;

  /** pygeoapi's, without effect here. */
  @Allow() admin?: unknown;
  @Allow() templates?: unknown;
  @Allow() icon?: unknown;
  @Allow() logo?: unknown;
  @Allow() locale_dir?: unknown;
  @Allow() ogc_schemas_location?: unknown;
  @Allow() api_rules?: unknown;
}

/** What the environment says of the server; it stands over the file. */
export interface ServerEnvironment {
  readonly HOST?: string;
  readonly PORT?: number;
  readonly CONTAINER_HOST?: string;
  readonly CONTAINER_PORT?: number;
  readonly INTERNAL_URL?: string;
  readonly MAX_REQUEST_BYTES?: number;
  readonly MAX_REQUEST_BYTES_IN_FLIGHT?: number;
  readonly MAX_OUTPUT_BYTES?: number;
  readonly MAX_JOB_OUTPUT_BYTES?: number;
  readonly SCRIPT_NAME?: string;
  readonly TRUST_PROXY?: boolean | readonly string[];
  readonly SYNC_MAX_WAIT?: number;
  readonly FOLLOW_MAX_SILENCE?: number;
  readonly KEEP_ALIVE_TIMEOUT?: number;
  readonly PYGEOAPI_K8S_MANAGER_JOBS_NAMESPACE?: string;
  readonly PYGEOAPI_K8S_MANAGER_RESULTS_TTL?: number;
}

/** Defaults are pygeoapi's. */
export function toServerSection(definition: ServerDefinition, environment: ServerEnvironment): ServerSection {
  const limits = definition.limits;
  const maxItems = limits?.max_items ?? 10_000;
  const maxRequestBytes = environment.MAX_REQUEST_BYTES ?? definition.max_request_bytes ?? 10 * 1024 ** 2;
  const inFlight = environment.MAX_REQUEST_BYTES_IN_FLIGHT ?? definition.max_request_bytes_in_flight;
  const maxUploadBytes = definition.max_upload_bytes ?? 512 * 1024 ** 2;
  const host = environment.HOST ?? environment.CONTAINER_HOST ?? definition.bind?.host;
  return {
    bind: {
      host: host ?? '0.0.0.0',
      ...(host === undefined || host === null ? { isDefault: true } : {}),
      port: environment.PORT ?? environment.CONTAINER_PORT ?? definition.bind?.port ?? 5000,
    },
    url: definition.url?.replace(/\/+$/, '') ?? undefined,
    internalUrl: (environment.INTERNAL_URL ?? definition.internal_url)?.replace(/\/+$/, '') ?? undefined,
    maxRequestBytes,
    // One body always finds room.
    maxRequestBytesInFlight: Math.max(inFlight ?? 8 * maxRequestBytes, maxRequestBytes),
    maxUploadBytes,
    maxUploadBytesInFlight: Math.max(definition.max_upload_bytes_in_flight ?? 2 * maxUploadBytes, maxUploadBytes),
    maxOutputBytes: environment.MAX_OUTPUT_BYTES ?? definition.max_output_bytes ?? 1024 ** 4,
    maxJobOutputBytes: environment.MAX_JOB_OUTPUT_BYTES ?? definition.max_job_output_bytes ?? undefined,
    keepAliveTimeout: environment.KEEP_ALIVE_TIMEOUT ?? definition.keep_alive_timeout ?? undefined,
    pathPrefix: environment.SCRIPT_NAME?.replace(/\/$/, '') ?? '',
    trustProxy: environment.TRUST_PROXY ?? definition.trust_proxy ?? false,
    mimetype: definition.mimetype ?? 'application/json',
    encoding: definition.encoding ?? 'utf-8',
    gzip: definition.gzip ?? true,
    languages: definition.languages ?? [definition.language ?? 'en-US'],
    cors: definition.cors ?? false,
    ...(definition.hosts ? { hosts: definition.hosts } : {}),
    prettyPrint: definition.pretty_print ?? false,
    citeCompatibility: definition.cite_compatibility ?? false,
    kvpExecute: definition.kvp_execute ?? false,
    outputsEmpty: definition.outputs_empty ?? 'all',
    ignoreParameters: definition.ignore_parameters ?? [],
    readers: definition.readers ? toReaders(definition.readers) : undefined,
    linkedInputs: definition.linked_inputs ? toLinkedInputs(definition.linked_inputs) : undefined,
    followers: definition.followers ? toFollowers(definition.followers) : undefined,
    listeners: definition.listeners ? toFollowers(definition.listeners) : undefined,
    waits: definition.waits ? toFollowers(definition.waits) : undefined,
    maxInlineResults: definition.max_inline_results ?? undefined,
    map: definition.map ? toMap(definition.map) : undefined,
    limits: { defaultItems: Math.min(limits?.default_items ?? definition.limit ?? 10, maxItems), maxItems },
    manager: toManagerSection(definition.manager ?? new ManagerDefinition(), environment),
  };
}

function toReaders(definition: ReadersDefinition): ServerSection['readers'] {
  return { ...toFollowers(definition), minimumRate: definition.minimum_rate ?? undefined };
}

function toFollowers({ at_once, per_caller }: FollowersDefinition): ServerSection['followers'] {
  return { atOnce: at_once ?? undefined, perCaller: per_caller ?? undefined };
}

function toLinkedInputs({ per_request, at_once }: LinkedInputsDefinition): ServerSection['linkedInputs'] {
  return { perRequest: per_request ?? undefined, atOnce: at_once ?? undefined };
}

/** @param secrets whether clients show tokens, and whether messages to subscribers are signed */
export function serverWarnings(
  { mimetype, encoding, citeCompatibility, cors, url, hosts, map }: ServerSection,
  file: string,
  secrets: { readonly tokens: boolean; readonly signedMessages: boolean },
): string[] {
  return [
    ...mapWarnings(map, file),
    ...(cors === true && secrets.tokens
      ? [
          `${file}: server.cors: true lets the pages of any site use this server with a token that they come by; ` +
            'a list of origins names those that may',
        ]
      : []),
    ...(secrets.signedMessages && url === undefined && hosts === undefined
      ? [
          `${file}: server.url, server.hosts: neither is set, so the links of signed messages to subscribers lead to ` +
            'whatever host a request names',
        ]
      : []),
    ...(citeCompatibility
      ? [
          `${file}: server.cite_compatibility: the Link header of synchronous answers is not valid while this is on; it is for a run of OGC's compliance suite alone`,
        ]
      : []),
    ...(/^application\/json\b/i.test(mimetype)
      ? []
      : [`${file}: server.mimetype: ${mimetype} has no effect: the server's own documents are application/json`]),
    ...(/^utf-?8$/i.test(encoding)
      ? []
      : [`${file}: server.encoding: ${encoding} has no effect: what the server sends is UTF-8`]),
  ];
}
