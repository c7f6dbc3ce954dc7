import { API_TOKEN } from '../../config/sections/access/read-rules.js';
import type { AccessRules, RoleSettings } from '../../config/sections/access/access-rules.js';

/** Sentences on what an operator may not have meant: rules that allow more, or less, than they seem to. */
export function doubtsOf(rules: AccessRules, hasApiToken: boolean): readonly string[] {
  const { tokens, roles, anonymous, oidc, limits } = rules;
  const isGiven = ({ name, subjects, groups }: RoleSettings): boolean =>
    name === anonymous ||
    subjects.length > 0 ||
    groups.length > 0 ||
    // Claims say which roles their holders have.
    oidc !== undefined ||
    tokens.some((token) => token.roles.includes(name));
  const named = (subject: string): boolean => roles.some(({ subjects }) => subjects.includes(subject));
  const unused = roles.filter((role) => !isGiven(role)).map(({ name }) => name);
  const useless = tokens.filter(({ name, roles: own }) => own.length === 0 && !named(name)).map(({ name }) => name);
  const known = new Set([API_TOKEN, ...tokens.map(({ name }) => name)]);
  const strangers = oidc ? [] : roles.flatMap(({ subjects }) => subjects).filter((subject) => !known.has(subject));
  const opensNothing = hasApiToken && !tokens.some(({ name }) => name === API_TOKEN);
  const guest = roles.find(({ name }) => name === anonymous);
  const hasNoLimit = guest && Object.keys({ ...limits, ...guest.limits }).length === 0;
  return [
    ...(roles.length === 0 ? ['access says who may do what, and has no roles: nobody may do anything.'] : []),
    ...(unused.length > 0 ? [`Nobody has these roles of access.roles: ${list(unused)}.`] : []),
    ...(useless.length > 0
      ? [`These tokens of access.tokens have no role, so that they open nothing: ${list(useless)}.`]
      : []),
    ...(strangers.length > 0
      ? [`These subjects of access.roles are names of no token, and there is no access.oidc: ${list(strangers)}.`]
      : []),
    ...(opensNothing && !named(API_TOKEN)
      ? [
          'The API token is set and opens nothing, for access decides: name it in access.tokens, as {name: api, roles: […]}, or unset it ' +
            'where clients have tokens of their own.',
        ]
      : []),
    ...(guest?.may.some((action) => action === 'execute' || action === 'admin') && hasNoLimit
      ? [
          `Whoever reaches the server may execute, without any limit (access.anonymous is ${guest.name}): limits of that role, or ` +
            'access.limits.per_caller, keep one caller from taking all.',
        ]
      : []),
    ...(guest?.may.includes('admin') ? ['Whoever reaches the server is an admin (access.anonymous).'] : []),
  ];
}

/** The first of them. */
function list(names: readonly string[]): string {
  const MOST = 10;
  return names.slice(0, MOST).join(', ') + (names.length > MOST ? ` and ${names.length - MOST} more` : '');
}
