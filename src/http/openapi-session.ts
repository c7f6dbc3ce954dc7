import type { OpenAPIObject } from '@nestjs/swagger';
import type { OidcSettings } from '../config/sections/access/oidc.js';
import { OIDC_SCHEME, TERMINAL_LOGIN } from '../access/oidc/terminal-login.js';
import { COOKIE_NAME } from '../access/session/session-cookie.js';
import { BEARER_SCHEME } from '../ogc/requests/takes-token.js';

/** Name under which the API definition has the security scheme of sessions. */
export const SESSION_SCHEME = 'session';

/** What executes, though by `GET`, takes no session. */
const EXECUTES = '/processes/{processId}/execution';

/** The document of an API at which people can sign in: what takes the token and only reads takes their cookie, too. */
export function withSessions(document: OpenAPIObject): OpenAPIObject {
  const paths = Object.entries(document.paths).map(([path, item]) => {
    const { security } = item.get ?? {};
    if (path === EXECUTES || !item.get || !security?.some((requirement) => BEARER_SCHEME in requirement))
      return [path, item] as const;
    const [first = {}, ...others] = security;
    return [path, { ...item, get: { ...item.get, security: [first, { [SESSION_SCHEME]: [] }, ...others] } }] as const;
  });
  return withScheme({ ...document, paths: Object.fromEntries(paths) }, SESSION_SCHEME, {
    type: 'apiKey',
    in: 'cookie',
    name: COOKIE_NAME,
    description:
      'Of people who signed in with a browser (`/sign-in`), which has to say that a page of this server asks; an Authorization ' +
      'header goes before it. Over HTTPS the name begins with `__Host-` or, where the server is beneath a path, with `__Secure-`.',
  });
}

/**
 * The document of an API that takes tokens of an issuer: wherever the API token is taken, so are they. It says as which client, and for what
 * scope, programs without a browser sign in, where they can.
 */
export function withIssuer(
  document: OpenAPIObject,
  { issuer, title, terminalClient, scopes }: Pick<OidcSettings, 'issuer' | 'title' | 'terminalClient' | 'scopes'>,
): OpenAPIObject {
  const paths = Object.entries(document.paths).map(([path, item]) => [path, withTokensOf(item)] as const);
  return withScheme({ ...document, paths: Object.fromEntries(paths) }, OIDC_SCHEME, {
    type: 'openIdConnect',
    openIdConnectUrl: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    description: `An access token of ${title} that is for this server, sent as Authorization: Bearer TOKEN`,
    ...(terminalClient === undefined ? {} : { [TERMINAL_LOGIN]: { client: terminalClient, scope: scopes.join(' ') } }),
  } as Schemes[string]);
}

type Schemes = NonNullable<NonNullable<OpenAPIObject['components']>['securitySchemes']>;

function withScheme(document: OpenAPIObject, name: string, scheme: Schemes[string]): OpenAPIObject {
  const { securitySchemes, ...components } = document.components ?? {};
  return { ...document, components: { ...components, securitySchemes: { ...securitySchemes, [name]: scheme } } };
}

/** Operations alone have security. */
function withTokensOf(item: OpenAPIObject['paths'][string]): OpenAPIObject['paths'][string] {
  const members = Object.entries(item).map(([name, member]) => {
    const { security } = (member ?? {}) as { readonly security?: readonly Record<string, string[]>[] };
    if (!security?.some((requirement) => BEARER_SCHEME in requirement)) return [name, member] as const;
    const all = security.flatMap((requirement) =>
      BEARER_SCHEME in requirement ? [requirement, { [OIDC_SCHEME]: [] }] : [requirement],
    );
    return [name, { ...(member as object), security: all }] as const;
  });
  return Object.fromEntries(members) as OpenAPIObject['paths'][string];
}
