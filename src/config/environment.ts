import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';
import type { ConfigurationFault } from './configuration-error.js';
import type { ClusterChoice, EnvironmentSettings, LogFormat } from './configuration.js';
import {
  HostList,
  HttpAddress,
  OneOf,
  TextLike,
  TrustedProxies,
  YamlBoolean,
  parseHostList,
  parseTrustedProxies,
  WrittenInteger,
} from './constraints.js';
import { accessKeys, areAccessKeys } from './sections/access/access.section.js';
import { validateDefinition } from './validation.js';
import {
  bucketAddressings,
  bucketCredentials,
  clusterChoices,
  defaultAllowedHosts,
  defaultDataDir,
  defaultJobNamePrefix,
  logFormats,
  objectStoreChoices,
  operatorNames,
  variables as knownVariables,
} from './variables.js';

const notBlank = /\S/;
const areSigningKeys = 'secrets of at least 16 characters each, with blanks or line ends between them';
const signingKeys = /^\s*\S{16,}(?:\s+\S{16,})*\s*$/;
const dnsLabel = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
/** A Job's name is the prefix and a UUID of 36 characters, at most 63 together. */
const jobNamePrefix = /^[a-z0-9][-a-z0-9]{0,26}$/;

/** The environment variables that the server reads, the predecessor's and its own; validated as given, without defaults. */
export class EnvironmentVariables {
  @IsOptional()
  @TextLike(notBlank, 'the path of a file')
  PYGEOAPI_CONFIG?: string;

  @IsOptional()
  @TextLike(/^[^\s/]+$/, 'a host name or an IP address')
  HOST?: string;

  @IsOptional()
  @WrittenInteger(0, 65_535)
  PORT?: number;

  @IsOptional()
  @TextLike(/^[^\s/]+$/, 'a host name or an IP address')
  CONTAINER_HOST?: string;

  @IsOptional()
  @WrittenInteger(0, 65_535)
  CONTAINER_PORT?: number;

  @IsOptional()
  @TextLike(/^(?:\/[\w.~!$&'()*+,;=:@-]+)*\/?$/, 'a path such as /pygeoapi')
  SCRIPT_NAME?: string;

  @IsOptional()
  @Transform(({ value }) => parseTrustedProxies(value))
  @TrustedProxies()
  TRUST_PROXY?: boolean | string[];

  @IsOptional()
  @WrittenInteger(1, 24 * 3600)
  SYNC_MAX_WAIT?: number;

  @IsOptional()
  @WrittenInteger(0, 3600)
  FOLLOW_MAX_SILENCE?: number;

  @IsOptional()
  @WrittenInteger(1, 24 * 3600)
  KEEP_ALIVE_TIMEOUT?: number;

  @IsOptional()
  @Transform(({ value }) => parseHostList(value))
  @HostList()
  SUBSCRIBER_ALLOWED_HOSTS?: string[];

  @IsOptional()
  @TextLike(
    /^whsec_[A-Za-z0-9+/]{32,86}={0,2}( +whsec_[A-Za-z0-9+/]{32,86}={0,2})*$/,
    'whsec_ and the base64 of 24 to 64 bytes (several of these, divided by blanks, while one replaces another)',
  )
  SUBSCRIBER_SIGNING_SECRET?: string;

  @IsOptional()
  @TextLike(/[^]/, 'a password')
  PUBSUB_BROKER_PASSWORD?: string;

  @IsOptional()
  @TextLike(/[^]/, 'a password')
  ARCHIVE_PASSWORD?: string;

  @IsOptional()
  @HttpAddress()
  INTERNAL_URL?: string;

  @IsOptional()
  @WrittenInteger(1)
  MAX_REQUEST_BYTES?: number;

  @IsOptional()
  @WrittenInteger(1)
  MAX_REQUEST_BYTES_IN_FLIGHT?: number;

  @IsOptional()
  @WrittenInteger(1)
  MAX_OUTPUT_BYTES?: number;

  @IsOptional()
  @WrittenInteger(1)
  MAX_JOB_OUTPUT_BYTES?: number;

  @IsOptional()
  @Transform(({ value }) => parseHostList(value))
  @HostList()
  INPUT_HREF_ALLOWED_HOSTS?: string[];

  @IsOptional()
  @OneOf(clusterChoices)
  K8S_CLUSTER?: ClusterChoice;

  @IsOptional()
  @TextLike(notBlank, 'the path of a folder')
  DATA_DIR?: string;

  @IsOptional()
  @TextLike(
    /^(?:\d{1,10}(?::\d{1,10})?|[A-Za-z_][\w.-]*)$/,
    'the number of a user (and of a group, such as 1000:1000) or the name of one',
  )
  RUN_AS?: string;

  @IsOptional()
  @TextLike(notBlank, 'the program of a Python')
  NOTEBOOK_PYTHON?: string;

  @IsOptional()
  @TextLike(
    new RegExp(`^(?:none|(?:${operatorNames.join('|')})(?:\\s*,\\s*(?:${operatorNames.join('|')}))*)$`),
    `none, or operators divided by commas, of which there are: ${operatorNames.join(', ')}`,
  )
  OPERATORS?: string;

  @IsOptional()
  @YamlBoolean()
  PROCESSES_API?: boolean;

  @IsOptional()
  @OneOf(objectStoreChoices)
  OBJECT_STORE?: 's3' | 'folder';

  @IsOptional()
  @OneOf(logFormats)
  LOG_FORMAT?: LogFormat;

  @IsOptional()
  @WrittenInteger(0, 65_535)
  METRICS_PORT?: number;

  @IsOptional()
  @TextLike(/^\S+$/, 'a text without white space')
  METRICS_TOKEN?: string;

  @IsOptional()
  @WrittenInteger(0, 60)
  SHUTDOWN_DELAY?: number;

  @IsOptional()
  @TextLike(notBlank, 'a text that is not only white space')
  PYGEOAPI_K8S_MANAGER_API_TOKEN?: string;

  @IsOptional()
  @TextLike(signingKeys, areSigningKeys)
  PYGEOAPI_K8S_MANAGER_SIGNING_KEYS?: string;

  /** {@link readVariables} reads it. */
  @IsOptional()
  @TextLike(notBlank, 'the path of a file')
  PYGEOAPI_K8S_MANAGER_SIGNING_KEYS_FILE?: string;

  /** What holds is `Configuration.access`. */
  @IsOptional()
  @TextLike(accessKeys, areAccessKeys)
  PYGEOAPI_K8S_MANAGER_ACCESS_KEY?: string;

  @IsOptional()
  @TextLike(dnsLabel, 'the name of a Kubernetes namespace')
  PYGEOAPI_K8S_MANAGER_NAMESPACE?: string;

  @IsOptional()
  @TextLike(dnsLabel, 'the name of a Kubernetes namespace')
  PYGEOAPI_K8S_MANAGER_JOBS_NAMESPACE?: string;

  @IsOptional()
  @TextLike(
    jobNamePrefix,
    'at most 27 lower case letters, digits and hyphens, the first a letter or a digit, such as pygeoapi-job-',
  )
  PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX?: string;

  /** Judged by the security-context policy, when a job is executed. */
  @IsOptional()
  PYGEOAPI_K8S_MANAGER_JOB_POD_SECURITY_CONTEXT?: string;

  @IsOptional()
  PYGEOAPI_K8S_MANAGER_JOB_CONTAINER_SECURITY_CONTEXT?: string;

  @IsOptional()
  @YamlBoolean()
  PYGEOAPI_K8S_MANAGER_JOB_SECRETS?: boolean;

  @IsOptional()
  @WrittenInteger(1, 2 ** 31 - 1)
  PYGEOAPI_K8S_MANAGER_RESULTS_TTL?: number;

  @IsOptional()
  @HttpAddress()
  PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_ENDPOINT?: string;

  @IsOptional()
  @HttpAddress()
  PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_PUBLIC_ENDPOINT?: string;

  @IsOptional()
  @TextLike(notBlank, 'an access key')
  PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_KEY?: string;

  @IsOptional()
  @TextLike(notBlank, 'the secret of the access key')
  PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_SECRET?: string;

  @IsOptional()
  @TextLike(notBlank, 'the session token of the access key')
  PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_SESSION_TOKEN?: string;

  @IsOptional()
  @OneOf(bucketCredentials)
  PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_CREDENTIALS?: (typeof bucketCredentials)[number];

  @IsOptional()
  @OneOf(bucketAddressings)
  PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_ADDRESSING?: (typeof bucketAddressings)[number];

  @IsOptional()
  @TextLike(/^[^\s/]+$/, 'the name of a bucket')
  PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_NAME?: string;

  @IsOptional()
  @TextLike(notBlank, 'a path in the bucket that ends with /')
  PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_PATH_PREFIX?: string;

  @IsOptional() VERSION?: string;
  @IsOptional() BUILD_DATE?: string;
  @IsOptional() GIT_COMMIT?: string;
  @IsOptional() GIT_TAG?: string;
  @IsOptional() GIT_BRANCH?: string;
}

/**
 * Reads and validates the variables that the server knows; others are nobody's business here. An empty variable is an unset one. Values are
 * taken exactly, but for one newline at the end, which files made with `echo` have.
 *
 * @returns no fault shows the value of a secret
 */
export function readVariables(environment: NodeJS.ProcessEnv): {
  readonly variables: EnvironmentVariables;
  readonly faults: readonly ConfigurationFault[];
} {
  const given = knownVariables
    .map(({ name }) => [name, environment[name]?.replace(/\r?\n$/, '')] as const)
    .filter(([, value]) => value !== undefined && value !== '');
  const { value, faults } = validateDefinition(EnvironmentVariables, Object.fromEntries(given), 'environment', '');
  const fileFaults = takeKeysOfFile(value);
  return { variables: value, faults: [...faults, ...fileFaults] };
}

/** What is in the file of signing keys stands where the variable's would. */
function takeKeysOfFile(variables: EnvironmentVariables): readonly ConfigurationFault[] {
  const file = variables.PYGEOAPI_K8S_MANAGER_SIGNING_KEYS_FILE;
  if (file === undefined) return [];
  const fault = (message: string) => [{ path: 'PYGEOAPI_K8S_MANAGER_SIGNING_KEYS_FILE', message }];
  if (variables.PYGEOAPI_K8S_MANAGER_SIGNING_KEYS !== undefined)
    return fault('must not be set together with PYGEOAPI_K8S_MANAGER_SIGNING_KEYS');
  try {
    const text = readFileSync(file, 'utf8');
    if (!signingKeys.test(text)) return fault(`must be the path of a file with ${areSigningKeys}`);
    variables.PYGEOAPI_K8S_MANAGER_SIGNING_KEYS = text;
    return [];
  } catch (error) {
    return fault(`cannot be read: ${(error as Error).message}`);
  }
}

/** @param workingDirectory absolute; a relative data folder stands in it */
export function toEnvironmentSettings(
  variables: EnvironmentVariables,
  workingDirectory: string,
): { readonly settings: EnvironmentSettings; readonly warnings: readonly string[] } {
  const prefixVariable = 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_PATH_PREFIX';
  const prefix = variables[prefixVariable] ?? '';
  const endsWell = prefix === '' || prefix.endsWith('/');
  const settings: EnvironmentSettings = {
    apiToken: variables.PYGEOAPI_K8S_MANAGER_API_TOKEN,
    signingKeys: variables.PYGEOAPI_K8S_MANAGER_SIGNING_KEYS?.trim().split(/\s+/),
    namespace: variables.PYGEOAPI_K8S_MANAGER_NAMESPACE,
    jobsNamespace: variables.PYGEOAPI_K8S_MANAGER_JOBS_NAMESPACE,
    jobNamePrefix: variables.PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX ?? defaultJobNamePrefix,
    jobPodSecurityContext: variables.PYGEOAPI_K8S_MANAGER_JOB_POD_SECURITY_CONTEXT,
    jobContainerSecurityContext: variables.PYGEOAPI_K8S_MANAGER_JOB_CONTAINER_SECURITY_CONTEXT,
    jobSecrets: variables.PYGEOAPI_K8S_MANAGER_JOB_SECRETS ?? false,
    bucket: {
      endpoint: variables.PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_ENDPOINT,
      publicEndpoint: variables.PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_PUBLIC_ENDPOINT,
      key: variables.PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_KEY,
      secret: variables.PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_SECRET,
      sessionToken: variables.PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_SESSION_TOKEN,
      credentials: variables.PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_CREDENTIALS,
      addressing: variables.PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_ADDRESSING,
      name: variables.PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_NAME,
      pathPrefix: endsWell ? prefix : `${prefix}/`,
    },
    subscribers: {
      allowedHosts: variables.SUBSCRIBER_ALLOWED_HOSTS ?? [defaultAllowedHosts],
      secrets: variables.SUBSCRIBER_SIGNING_SECRET?.split(/ +/) ?? [],
    },
    inputHosts: variables.INPUT_HREF_ALLOWED_HOSTS ?? [defaultAllowedHosts],
    cluster: variables.K8S_CLUSTER ?? 'auto',
    dataDir: resolve(workingDirectory, variables.DATA_DIR ?? defaultDataDir),
    runAs: variables.RUN_AS,
    notebookPython: variables.NOTEBOOK_PYTHON && resolve(workingDirectory, variables.NOTEBOOK_PYTHON),
    objectStore: variables.OBJECT_STORE,
    logFormat: variables.LOG_FORMAT,
    metrics: { port: variables.METRICS_PORT, token: variables.METRICS_TOKEN },
    shutdownDelay: variables.SHUTDOWN_DELAY ?? 0,
    build: {
      version: variables.VERSION,
      date: variables.BUILD_DATE,
      commit: variables.GIT_COMMIT,
      tag: variables.GIT_TAG,
      branch: variables.GIT_BRANCH,
    },
  };
  const warnings = endsWell ? [] : [`environment: ${prefixVariable}: does not end with "/"; "${prefix}/" is used`];
  return { settings, warnings };
}

/** The settings without the tokens, the bucket's key, secret and session token, and the secrets that sign. */
export function withoutSecrets({
  apiToken: _token,
  signingKeys: _keys,
  bucket,
  subscribers,
  metrics,
  ...settings
}: EnvironmentSettings) {
  const { key: _key, secret: _secret, sessionToken: _session, ...publicBucket } = bucket;
  const { secrets: _secrets, ...publicSubscribers } = subscribers;
  return { ...settings, bucket: publicBucket, subscribers: publicSubscribers, metrics: { port: metrics.port } };
}
