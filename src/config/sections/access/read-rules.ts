import { IsOptional } from 'class-validator';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConfigurationFault } from '../../configuration-error.js';
import { Section, SectionList, Text, toInstant, YamlBoolean } from '../../constraints.js';
import { joinIndex, joinPath } from '../../paths.js';
import { describeFound, isMapping, validateDefinition } from '../../validation.js';
import {
  type AccessRules,
  AllLimitsDefinition,
  isRoleName,
  RoleDefinition,
  type RoleSettings,
  TokenDefinition,
  type TokenSettings,
  toLimits,
  toRole,
} from './access-rules.js';
import { type ClientDefinition, type OidcClient, OidcDefinition, type OidcSettings, toOidcSettings } from './oidc.js';
import { sameTokens } from './same-tokens.js';

/** Roles, tokens and providers of `access`. */
export class RulesDefinition {
  /** A role's name, or `none`. */
  @IsOptional()
  @Text()
  anonymous?: string | null;

  @IsOptional()
  @YamlBoolean()
  own_jobs?: boolean | null;

  @IsOptional()
  @SectionList(() => TokenDefinition)
  tokens?: TokenDefinition[] | null;

  /** A mapping of names to `RoleDefinition`s, each read by itself. */
  @IsOptional()
  roles?: unknown;

  @IsOptional()
  @Section(() => AllLimitsDefinition)
  limits?: AllLimitsDefinition | null;

  @IsOptional()
  @Section(() => OidcDefinition)
  oidc?: OidcDefinition | null;
}

/** The name of the token that the predecessor's variable holds. */
export const API_TOKEN = 'api';
/** What programs print for a variable that is not set, without and with a line end. */
const OF_NOTHING = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b',
];
const API_TOKEN_VARIABLE = 'PYGEOAPI_K8S_MANAGER_API_TOKEN';

interface Sources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute; relative paths count from it. */
  readonly folder: string;
  /** `server.url` */
  readonly serverUrl?: string | null;
}

/**
 * @param isWrong whether a fault was found already at a path, or beneath it: what is there may be of any type
 * @returns no settings where nothing is said of it
 */
export function readRules(
  definition: RulesDefinition,
  file: string,
  sources: Sources,
  isWrong: (path: string) => boolean,
): {
  readonly settings?: AccessRules;
  readonly faults: readonly ConfigurationFault[];
  readonly unknownKeys: readonly string[];
} {
  const { anonymous, own_jobs, tokens, oidc, limits } = definition;
  if (
    [anonymous, own_jobs, tokens, oidc, limits, definition.roles].every((part) => part === undefined || part === null)
  )
    return { faults: [], unknownKeys: [] };
  const { roles, faults, unknownKeys } = readRoles(definition.roles, file);
  const fault = (path: string, message: string): undefined => void faults.push({ path: `access.${path}`, message });
  // One that is wrong is told of where it stands, not where it is named.
  const names = new Set(isMapping(definition.roles) ? Object.keys(definition.roles) : []);
  const assertRole = (path: string, name: string): void => {
    if (!names.has(name))
      fault(
        path,
        `must name a role of access.roles (is ${JSON.stringify(name)}; those are ${[...names].join(', ') || 'none'})`,
      );
  };
  if (anonymous && anonymous !== 'none') assertRole('anonymous', anonymous);
  const list = Array.isArray(tokens)
    ? tokens.map((token: TokenDefinition | null) => token ?? new TokenDefinition())
    : [];
  const read = list.map((token, at) => {
    const path = joinIndex('tokens', at);
    if (token.name !== undefined && list.findIndex(({ name }) => name === token.name) < at)
      fault(`${path}.name`, 'must be the name of no other token');
    for (const [n, role] of [token.roles ?? []].flat().entries()) assertRole(`${path}.${joinIndex('roles', n)}`, role);
    return isWrong(`access.${path}`) ? undefined : readToken(token, path, sources, fault);
  });
  for (const { path, message } of sameTokens(
    read.map((token) => (token && isOfVariable(token) ? undefined : token)),
    tokenOfVariable(read, sources),
  ))
    fault(path, message);
  const ofProcess = limits?.per_process?.running;
  const oidcSettings = oidc ? readOidc(oidc, sources, fault) : undefined;
  const settings: AccessRules = {
    ...(anonymous && anonymous !== 'none' ? { anonymous } : {}),
    ownJobs: own_jobs ?? true,
    tokens: read.filter((token) => token !== undefined),
    roles,
    limits: toLimits(limits?.per_caller),
    ...(typeof ofProcess === 'number' ? { runningOfProcess: ofProcess } : {}),
    ...(oidcSettings ? { oidc: oidcSettings } : {}),
  };
  return { settings, faults, unknownKeys };
}

/** Whether its entry says nothing of what the token is. */
const isOfVariable = ({ name, sha256, token, file }: TokenSettings): boolean =>
  name === API_TOKEN && [sha256, token, file].every((source) => source === undefined);

/** What the predecessor's variable holds, where that opens anything, or is at least known. */
function tokenOfVariable(tokens: readonly (TokenSettings | undefined)[], { environment }: Sources) {
  const token = environment[API_TOKEN_VARIABLE];
  const entry = tokens.find((each) => each?.name === API_TOKEN);
  return token && (!entry || isOfVariable(entry)) ? { name: API_TOKEN, token } : undefined;
}

type Fault = (path: string, message: string) => undefined;

function readRoles(
  content: unknown,
  file: string,
): { readonly roles: RoleSettings[]; readonly faults: ConfigurationFault[]; readonly unknownKeys: string[] } {
  const result = { roles: [] as RoleSettings[], faults: [] as ConfigurationFault[], unknownKeys: [] as string[] };
  if (content === undefined || content === null) return result;
  if (!isMapping(content)) {
    const message = `must be a mapping of names to what each role may (${describeFound(content)})`;
    return { ...result, faults: [{ path: 'access.roles', message }] };
  }
  for (const [name, role] of Object.entries(content)) {
    const path = joinPath('access.roles', name);
    if (!isRoleName(name) || name === 'none')
      result.faults.push({ path, message: 'must be a name of 1 to 63 letters, digits and _ . : -, other than none' });
    const { value, faults, unknownKeys } = validateDefinition(RoleDefinition, role ?? {}, file, path);
    result.faults.push(...faults);
    result.unknownKeys.push(...unknownKeys);
    if (faults.length === 0) result.roles.push(toRole(name, value));
  }
  return result;
}

function readToken(
  { name, roles, sha256, env, file, expires }: TokenDefinition,
  path: string,
  { environment, folder }: Sources,
  fault: Fault,
): TokenSettings | undefined {
  const until = toInstant(expires);
  const common = { name, roles: roles ?? [], ...(until ? { expires: until } : {}) };
  if (sha256) {
    const digests = [sha256].flat().map((digest) => digest.toLowerCase());
    if (digests.some((digest) => OF_NOTHING.includes(digest)))
      return fault(`${path}.sha256`, 'must be the SHA-256 of a token (it is that of nothing, or of a line end alone)');
    return { ...common, sha256: digests };
  }
  if (file) return { ...common, file: resolve(folder, file) };
  if (!env && name === API_TOKEN) return common;
  if (!env)
    return fault(path, 'must have sha256 (npm run token makes one), env, the name of a variable, or file, a path');
  const token = environment[env]?.trim();
  if (!token) return fault(`${path}.env`, `must name a variable that holds a token (${env} is not set)`);
  return { ...common, token };
}

function readOidc(definition: OidcDefinition, sources: Sources, fault: Fault): OidcSettings | undefined {
  const client = readClient(definition.client, 'oidc.client', sources, fault);
  if (definition.client && !sources.serverUrl)
    fault(
      'oidc.client',
      'needs server.url, the address that people are led back to after they have signed in (it is not set)',
    );
  const introspection = readClient(definition.introspection, 'oidc.introspection', sources, fault);
  if (!URL.canParse(definition.issuer)) return undefined;
  return toOidcSettings(definition, { ...(client ? { client } : {}), ...(introspection ? { introspection } : {}) });
}

function readClient(
  definition: ClientDefinition | null | undefined,
  path: string,
  { environment, folder }: Sources,
  fault: Fault,
): OidcClient | undefined {
  if (!definition) return undefined;
  const { id, secret } = definition;
  if (!secret) return { id };
  const { env, file } = secret;
  if (isSet(env) === isSet(file))
    return fault(`${path}.secret`, 'must have env, the name of an environment variable, or file, a path, and not both');
  if (isSet(env)) {
    const text = environment[env]?.trim();
    return text
      ? { id, secret: text }
      : fault(`${path}.secret.env`, `must name a variable that holds the secret (${env} is not set)`);
  }
  try {
    const text = readFileSync(resolve(folder, file ?? ''), 'utf8').trim();
    return text === ''
      ? fault(`${path}.secret.file`, 'must be the path of a file that is not empty')
      : { id, secret: text };
  } catch (error) {
    return fault(`${path}.secret.file`, `cannot be read: ${(error as Error).message}`);
  }
}

function isSet<T>(value: T | null | undefined): value is T {
  return value !== undefined && value !== null;
}
