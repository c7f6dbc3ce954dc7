import { describe, expect, it } from '@jest/globals';
import { cookieAt, removeCookie, setCookie, takeCookie } from './session-cookie.js';

const NAME = 'pygeoapi-session';

describe('the cookie of a session', () => {
  it.each([
    ['https://api.example.org', `__Host-${NAME}=v; Path=/; HttpOnly; Secure; SameSite=Lax`],
    ['https://example.org/ogc', `__Secure-${NAME}=v; Path=/ogc; HttpOnly; Secure; SameSite=Lax`],
    ['http://127.0.0.1:5000', `${NAME}=v; Path=/; HttpOnly; SameSite=Lax`],
    ['http://example.org/a/b', `${NAME}=v; Path=/a/b; HttpOnly; SameSite=Lax`],
    ['https://example.org/a;b', `__Host-${NAME}=v; Path=/; HttpOnly; Secure; SameSite=Lax`],
    ['no address', `${NAME}=v; Path=/; HttpOnly; SameSite=Lax`],
  ])('of a server at %s', (base, expected) => {
    expect(setCookie(cookieAt(base), 'v')).toBe(expected);
  });

  it('is taken away with the attributes that it was given with', () => {
    expect(removeCookie(cookieAt('https://example.org/ogc'))).toBe(
      `__Secure-${NAME}=; Max-Age=0; Path=/ogc; HttpOnly; Secure; SameSite=Lax`,
    );
  });

  const cookie = cookieAt('http://example.org');
  it.each([
    [undefined, undefined, undefined],
    ['a=1; b=2', undefined, 'a=1; b=2'],
    [`${NAME}=v`, 'v', undefined],
    [`a=1; ${NAME}=v; b=2`, 'v', 'a=1; b=2'],
    [`${NAME}=v; ${NAME}=w`, 'v', undefined],
    [`x${NAME}=v`, undefined, `x${NAME}=v`],
    [`a=${NAME}`, undefined, `a=${NAME}`],
    [`é=\u0001; ${NAME}=v%ZZ`, 'v%ZZ', 'é=\u0001'],
    [`${NAME}`, undefined, undefined],
  ])('of the header %j is %j, and %j is left for others', (header, value, rest) => {
    expect(takeCookie(header, cookie)).toEqual({
      ...(value === undefined ? {} : { value }),
      ...(rest === undefined ? {} : { rest }),
    });
  });
});
