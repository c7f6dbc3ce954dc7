import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { IsOptional } from 'class-validator';
import type { ConfigurationFault } from '../../configuration-error.js';
import { IntegerFrom, NotBeside, Section, TextLike } from '../../constraints.js';
import { validateDefinition } from '../../validation.js';
import type { AccessRules } from './access-rules.js';
import { readRules, RulesDefinition } from './read-rules.js';

/** Who may use the server: `access` of the file. */
export interface AccessSettings {
  /** Secrets that encrypt sessions of people with a browser: the first encrypts, all decrypt. Undefined: none is given. */
  readonly keys?: readonly [string, ...string[]];
  /** How long one stays signed in, hours (`session_hours`). */
  readonly sessionHours: number;
  /** Where it is recorded who did what: `stdout`, `stderr`, or a file, absolute (`audit`). Undefined: nowhere. */
  readonly audit?: string;
  /** Days that a link for others may hold at the most (`links_max_days`). Default: {@link defaultLinksMaxDays}. */
  readonly linksMaxDays?: number;
  /** Undefined: nothing is said of tokens, roles or anonymous callers, so that processes say who may what (`check_auth`). */
  readonly rules?: AccessRules;
}

export const ACCESS_KEY = 'PYGEOAPI_K8S_MANAGER_ACCESS_KEY';
export const defaultSessionHours = 8;
export const defaultLinksMaxDays = 30;

/** Base64 of at least 32 bytes, in either alphabet. */
const key = '[A-Za-z0-9+/_-]{43,}={0,2}';
export const accessKeys = new RegExp(`^\\s*${key}(?:\\s+${key})*\\s*$`);
export const areAccessKeys =
  'the base64 of at least 32 bytes, which openssl rand -base64 32 makes (several of these, with blanks or line ends between, while one replaces another)';

const notBlank = /\S/;

class KeyDefinition {
  @IsOptional()
  @TextLike(/^[A-Za-z_]\w*$/, 'the name of an environment variable')
  env?: string | null;

  @IsOptional()
  @TextLike(notBlank, 'the path of a file')
  @NotBeside('env')
  file?: string | null;
}

class AccessDefinition extends RulesDefinition {
  @IsOptional()
  @Section(() => KeyDefinition)
  key?: KeyDefinition | null;

  /** At most four weeks. */
  @IsOptional()
  @IntegerFrom(1, 672)
  session_hours?: number | null;

  @IsOptional()
  @TextLike(notBlank, 'stdout, or the path of a file')
  audit?: string | null;

  /** At most ten years. */
  @IsOptional()
  @IntegerFrom(1, 3650)
  links_max_days?: number | null;
}

/** Where a key may come from, beside the file. */
export interface KeySources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of {@link ACCESS_KEY}, where that is no fault. */
  readonly usual?: string;
  /** Absolute; relative paths count from it. */
  readonly folder: string;
  /** `server.url` */
  readonly serverUrl?: string | null;
}

/** `access` of the file. No message shows a key. */
export function readAccess(
  content: unknown,
  file: string,
  sources: KeySources,
): {
  readonly settings: AccessSettings;
  readonly faults: readonly ConfigurationFault[];
  readonly unknownKeys: readonly string[];
} {
  const { value, faults, unknownKeys } = validateDefinition(AccessDefinition, content ?? {}, file, 'access');
  const isWrong = (path: string) =>
    faults.some(
      (fault) => fault.path === path || fault.path.startsWith(`${path}.`) || fault.path.startsWith(`${path}[`),
    );
  const rules = readRules(value, file, sources, isWrong);
  unknownKeys.push(...rules.unknownKeys);
  faults.push(...rules.faults);
  const sessionHours = value.session_hours ?? defaultSessionHours;
  const linksMaxDays = value.links_max_days ?? undefined;
  if (faults.length > 0)
    return { settings: { sessionHours: defaultSessionHours }, faults: withoutKey(faults), unknownKeys };
  const { text, fault } = value.key ? named(value.key, sources) : { text: sources.usual };
  const keys = text?.trim().split(/\s+/) as AccessSettings['keys'];
  return {
    settings: {
      sessionHours,
      ...(linksMaxDays === undefined ? {} : { linksMaxDays }),
      ...(fault || !keys ? {} : { keys }),
      ...(value.audit ? { audit: pathOf(value.audit, sources.folder) } : {}),
      ...(rules.settings ? { rules: rules.settings } : {}),
    },
    faults: fault ? [fault] : [],
    unknownKeys,
  };
}

function pathOf(audit: string, folder: string): string {
  return /^(?:\/dev\/)?std(?:out|err)$/.test(audit) ? audit : resolve(folder, audit);
}

/** What stands in the place of `key` may be one. */
function withoutKey(faults: readonly ConfigurationFault[]): ConfigurationFault[] {
  const message =
    'must be a mapping with env, the name of an environment variable, or file, a path (the value is not shown)';
  return faults.map((fault) => (fault.path === 'access.key' ? { ...fault, message } : fault));
}

/** What the place holds that `access.key` names, or what is wrong with it. */
function named(
  { env, file }: KeyDefinition,
  { environment, folder }: KeySources,
): { readonly text?: string; readonly fault?: ConfigurationFault } {
  const wrong = (path: string, message: string) => ({ fault: { path: `access.key${path}`, message } });
  if (env) {
    const text = environment[env] ?? '';
    if (accessKeys.test(text)) return { text };
    return wrong(
      '.env',
      `must name a variable that holds ${areAccessKeys} (${env} ${text === '' ? 'is not set' : 'holds something else'})`,
    );
  }
  if (!file) return wrong('', 'must have env, the name of an environment variable, or file, a path');
  try {
    const text = readFileSync(resolve(folder, file), 'utf8');
    return accessKeys.test(text) ? { text } : wrong('.file', `must be the path of a file that holds ${areAccessKeys}`);
  } catch (error) {
    return wrong('.file', `cannot be read: ${(error as Error).message}`);
  }
}
