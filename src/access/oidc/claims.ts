import { isMapping } from '../../config/validation.js';
import type { OidcSettings } from '../../config/sections/access/oidc.js';
import type { Identity } from '../../ogc/requests/identity.js';

export type Claims = Readonly<Record<string, unknown>>;

/** Groups, and roles, that are taken of one token; the others are left out. */
const MOST_NAMES = 1_000;
/** Characters of a subject, a name, a group, a role. */
const LONGEST = 255;

/**
 * The claim at a path: names with dots between those that stand in each other. A name may itself have dots, as addresses have: the longest
 * that is there holds.
 */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const outer = path.slice(0, dot);
    if (!Object.hasOwn(claims, outer)) continue;
    const inner = claims[outer];
    if (isMapping(inner)) return claimAt(inner, path.slice(dot + 1));
  }
  return undefined;
}

/** Of a list, or of one text divided by blanks; everything else is none. */
export function namesOf(value: unknown): string[] {
  const all = typeof value === 'string' ? value.split(/\s+/) : Array.isArray(value) ? value : [];
  return all.filter((name) => textOf(name) !== undefined).slice(0, MOST_NAMES) as string[];
}

/** Who the claims are of; undefined: they have no subject. */
export function identityOf(
  claims: Claims,
  { issuer, claims: paths }: Pick<OidcSettings, 'issuer' | 'claims'>,
  means: Identity['means'],
): Identity | undefined {
  const subject = textOf(claimAt(claims, paths.subject));
  if (subject === undefined) return undefined;
  const name = textOf(claimAt(claims, paths.name));
  return {
    issuer,
    subject,
    ...(name === undefined ? {} : { name }),
    groups: namesOf(claimAt(claims, paths.groups)),
    roles: namesOf(claimAt(claims, paths.roles)),
    means,
    ...(means !== 'session' && typeof claims['exp'] === 'number' ? { until: new Date(claims['exp'] * 1000) } : {}),
  };
}

/** Whether a claim that the configuration names is not there. */
export function lacksClaims(claims: Claims, { claims: paths }: Pick<OidcSettings, 'claims'>): boolean {
  return Object.values(paths).some((path) => claimAt(claims, path) === undefined);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= LONGEST && /\S/.test(value) ? value : undefined;
}
