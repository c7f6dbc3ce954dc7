import type { Configuration } from '../../config/configuration.js';
import { API_TOKEN } from '../../config/sections/access/read-rules.js';
import type { AccessRules } from '../../config/sections/access/access-rules.js';
import { ownerOf } from '../../access/rules/owner.js';
import { Rules } from '../../access/rules/rules.js';
import { type Identity, TOKENS } from '../../ogc/requests/identity.js';
import type { RunningLimit } from './admission.js';

/** What a Job says of its caller's limit, and its place among others that do. */
interface Said {
  readonly running: RunningLimit;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly name: string;
}

/**
 * How many jobs of a caller may run at the same time. Of the server's own tokens and of who shows nothing the configuration says it as it
 * is now; the roles of others are known at their requests only, so that their newest Job says it; else it is the limit for all callers.
 */
export class CallerRunning {
  private readonly forAll: number | undefined;
  private readonly configured: ReadonlyMap<string, RunningLimit>;
  private readonly said = new Map<string, Said>();

  constructor({ server, access }: Pick<Configuration, 'server' | 'access'>) {
    this.forAll = server.manager.maxRunningPerCaller;
    this.configured = access.rules ? limitsOfKnown(access.rules, this.forAll) : new Map();
  }

  /** Undefined: without limit. */
  of(caller: string): number | undefined {
    const limit = this.configured.get(caller) ?? this.said.get(caller)?.running ?? this.forAll;
    return limit === 'none' ? undefined : limit;
  }

  /** @returns whether the caller's limit is another now */
  note(caller: string, said: Said): boolean {
    const known = this.said.get(caller);
    if (known && isNewer(known, said)) return false;
    const before = this.of(caller);
    this.said.set(caller, said);
    return this.of(caller) !== before;
  }

  /** There are no jobs of the caller any more. */
  forget(caller: string): void {
    this.said.delete(caller);
  }
}

/** What a Job of somebody is to say. @param identity undefined: of who shows nothing */
export function runningLimitOf(rules: Rules, identity: Identity | undefined, forAll?: number): RunningLimit {
  if (rules.isAdmin(identity)) return 'none';
  return rules.limitsOf(identity).running ?? forAll ?? 'none';
}

function limitsOfKnown(settings: AccessRules, forAll: number | undefined): Map<string, RunningLimit> {
  const rules = new Rules(settings);
  const tokens = [{ name: API_TOKEN, roles: [] }, ...settings.tokens];
  const identities = tokens.map(({ name, roles }): Identity => ({
    issuer: TOKENS,
    subject: name,
    groups: [],
    roles,
    means: 'token',
  }));
  return new Map(
    [undefined, ...identities].map((identity) => [ownerOf(identity), runningLimitOf(rules, identity, forAll)]),
  );
}

function isNewer(a: Said, b: Said): boolean {
  return a.since > b.since || (a.since === b.since && a.name > b.name);
}
