/** The preferences (RFC 7240) that this server knows. */
export interface Preferences {
  readonly respondAsync: boolean;
  /** Seconds. */
  readonly wait?: number;
  /** `wait` without a number, as pygeoapi takes it. */
  readonly waits?: true;
  readonly return?: 'minimal' | 'representation';
  readonly handling?: 'strict' | 'lenient';
  /** As it was written: OGC API - Processes 2.0 (draft), clause 7, "Content negotiation by profile". */
  readonly profile?: string;
}

/** One preference with its value, and its parameters, which none of the known ones has. */
const PREFERENCE =
  /(?:^|,)\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?(?:\s*;(?:[^,"]|"(?:[^"\\]|\\.)*")*)?(?=\s*(?:,|$))/g;

/**
 * Reads the `Prefer` header or headers. Unknown preferences, and known ones with values that they do not have, are as if they were not there; of
 * several of one name the first counts (RFC 7240, section 2).
 */
export function parsePrefer(header: string | readonly string[] | undefined): Preferences {
  const text = typeof header === 'string' ? header : (header ?? []).join(', ');
  const found = new Map<string, string>();
  for (const [, name = '', quoted, token] of text.matchAll(PREFERENCE)) {
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, quoted?.replace(/\\(.)/g, '$1') ?? token ?? '');
  }
  const [wait, wanted, handling] = [found.get('wait'), found.get('return'), found.get('handling')];
  const profile = found.get('profile');
  return {
    respondAsync: found.has('respond-async'),
    ...(wait !== undefined && /^\d+$/.test(wait) ? { wait: Number(wait) } : {}),
    ...(wait === '' ? { waits: true as const } : {}),
    ...(wanted === 'minimal' || wanted === 'representation' ? { return: wanted } : {}),
    ...(handling === 'strict' || handling === 'lenient' ? { handling } : {}),
    ...(profile === undefined || profile === '' ? {} : { profile }),
  };
}

/** As the header has them; undefined: none. Only what {@link parsePrefer} finds, so that it is never long. */
export function formatPrefer(preferences: Preferences): string | undefined {
  const { respondAsync, wait, waits, handling } = preferences;
  const all = [
    respondAsync ? ['respond-async'] : [],
    wait === undefined ? [] : [`wait=${wait}`],
    waits ? ['wait'] : [],
    preferences.return === undefined ? [] : [`return=${preferences.return}`],
    handling === undefined ? [] : [`handling=${handling}`],
  ].flat();
  return all.length > 0 ? all.join(', ') : undefined;
}

export interface ExecutionMode {
  readonly synchronous: boolean;
  /** After so many seconds a synchronous request is answered as an asynchronous one, or with 504 where the process offers no such; undefined: never. */
  readonly waitSeconds?: number;
  /** Whether `waitSeconds` is what the client prefers. */
  readonly waitsAsPreferred?: boolean;
}

/**
 * How to execute (OGC API - Processes 1.0, requirements `execute-auto-execution-mode` and `execute-default-execution-mode`): a process that offers
 * one mode only runs in that; otherwise synchronously unless the client prefers `respond-async`. With `wait` beside it the client prefers an asynchronous answer
 * only of what takes longer (RFC 7240, section 4.3).
 * @param maxWait seconds that a synchronous request may wait
 * @param waitsWhereAsked whether a process that offers no synchronous execution is waited for where the client prefers that
 * @param asksForSync whether the body says so (`"mode": "sync"`)
 */
export function chooseMode(
  options: readonly string[],
  preferences: Preferences,
  maxWait = Infinity,
  { waitsWhereAsked = false, asksForSync = false }: { waitsWhereAsked?: boolean; asksForSync?: boolean } = {},
): ExecutionMode {
  const isAsked = asksForSync || preferences.waits === true || (preferences.wait ?? 0) > 0;
  const sync = options.includes('sync-execute') || (waitsWhereAsked && isAsked);
  const async = options.includes('async-execute');
  const wait = async ? preferences.wait : undefined;
  if (async && (!sync || (preferences.respondAsync && !wait))) return { synchronous: false };
  const seconds = Math.min(wait ?? Infinity, maxWait);
  return {
    synchronous: true,
    ...(seconds === Infinity ? {} : { waitSeconds: seconds }),
    ...(wait !== undefined && wait <= maxWait ? { waitsAsPreferred: true } : {}),
  };
}

/**
 * Seconds that a synchronous request may wait; undefined: without limit.
 * @param own the process's
 * @param general the server's: a process that executes synchronously only has nothing else to offer, so it is not held to that
 */
export function longestWait(options: readonly string[], own?: number, general?: number): number | undefined {
  return own ?? (options.includes('async-execute') ? general : undefined);
}

/** How a request was answered: with the job, or with results, of which all, none or some are references. */
export type Answered =
  | 'job'
  | {
      readonly references: 'all' | 'none' | 'some';
      /** URI of the profile of what was answered, where it is one that the client asked for. */
      readonly profile?: string;
    };

/**
 * `Preference-Applied` (RFC 7240, section 3): what the client preferred and got; undefined: nothing. The status of a new job is what `return=representation` asks of a
 * resource that was created.
 */
export function appliedPreferences(
  preferences: Preferences,
  mode: ExecutionMode,
  answered: Answered,
): string | undefined {
  const representation = answered === 'job' || answered.references === 'none';
  const minimal = answered !== 'job' && answered.references === 'all';
  const applied = [
    preferences.respondAsync && answered === 'job' ? ['respond-async'] : [],
    mode.waitsAsPreferred ? [`wait=${preferences.wait}`] : [],
    preferences.return === 'representation' && representation ? ['return=representation'] : [],
    preferences.return === 'minimal' && minimal ? ['return=minimal'] : [],
    preferences.handling === 'strict' ? ['handling=strict'] : [],
    preferences.profile !== undefined && answered !== 'job' && answered.profile !== undefined
      ? [`profile="${answered.profile}"`]
      : [],
  ].flat();
  return applied.length > 0 ? applied.join(', ') : undefined;
}
