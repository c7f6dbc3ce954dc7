/** Characters of an address that one is led back to. */
const LONGEST = 2000;

/** Where a page of this server would lead in circles, or to what makes jobs by `GET`. */
const NOWHERE = /^\/(?:sign-in|sign-out)(?:\/|$)|\/execution\/?$/i;

/**
 * Where one is led back to after signing in: a path of this server as a link of its pages had it, or `/` for all else. What browsers
 * take for the address of another host (`//host`, `\\host`, both with control characters between) is none.
 * @returns path, query and fragment, beneath the server's address
 */
export function nextPage(text: unknown): string {
  if (typeof text !== 'string' || text.length > LONGEST || !/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(text)) return '/';
  const url = URL.parse(text, 'http://server.invalid');
  if (url?.host !== 'server.invalid') return '/';
  // `/.//host` was hiding one.
  const { pathname, search, hash } = url;
  return pathname.startsWith('//') || NOWHERE.test(pathname) ? '/' : pathname + search + hash;
}
