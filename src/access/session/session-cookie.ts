import { parseCookie, stringifySetCookie } from 'cookie';

/** Behind `__Host-` or `__Secure-`, where browsers take such a name. */
export const COOKIE_NAME = 'pygeoapi-session';

/** The cookie of a server's sessions. */
export interface SessionCookie {
  readonly name: string;
  /** Of the server. */
  readonly path: string;
  readonly secure: boolean;
}

/**
 * The cookie of the server at an address, as its links have it: for HTTPS alone where that is HTTPS, and beneath its path. By the
 * prefix of its name (RFC 6265bis, section 4.1.3) browsers know that no other host of the domain can have set it.
 */
export function cookieAt(base: string, name = COOKIE_NAME): SessionCookie {
  const url = URL.parse(base);
  const secure = url?.protocol === 'https:';
  const whole = url?.pathname.replace(/(?<=.)\/$/, '') ?? '/';
  // A cookie cannot name such a path.
  const path = /;/.test(whole) ? '/' : whole;
  const prefix = !secure ? '' : path === '/' ? '__Host-' : '__Secure-';
  return { name: prefix + name, path, secure };
}

/** The value of a cookie in a `Cookie` header, and what is left of the header; no value: it has none. */
export function takeCookie(
  header: string | undefined,
  { name }: SessionCookie,
): { readonly value?: string; readonly rest?: string } {
  if (header === undefined || !header.includes(name)) return { rest: header };
  const value = parseCookie(header, { decode: (text) => text })[name];
  const others = header.split(';').filter((pair) => pair.split('=', 1)[0]?.trim() !== name);
  const rest = others.join(';').trim();
  return { ...(value === undefined ? {} : { value }), ...(rest === '' ? {} : { rest }) };
}

/** `Set-Cookie` that gives it; browsers forget it when they are closed. @param maxAge seconds, then too */
export function setCookie(cookie: SessionCookie, value: string, maxAge?: number): string {
  return stringifySetCookie({ ...cookie, value, httpOnly: true, sameSite: 'lax', ...(maxAge ? { maxAge } : {}) });
}

/** `Set-Cookie` that takes it away. */
export function removeCookie(cookie: SessionCookie): string {
  return stringifySetCookie({ ...cookie, value: '', httpOnly: true, sameSite: 'lax', maxAge: 0 });
}
