import type { FastifyReply, FastifyRequest } from 'fastify';
import { isSameOrigin } from './same-origin.js';

/** Which language somebody has chosen on a page. */
const NAME = 'lang';
const SECONDS = 365 * 24 * 3600;

/** A language tag (RFC 5646), as far as a cookie has to hold one. */
const TAG = /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,3}$/;

type Asked = Pick<FastifyRequest, 'query' | 'headers'>;

/** The parameter `lang`. */
export function languageParameter({ query }: Asked): string | undefined {
  const { lang } = (query ?? {}) as { readonly lang?: unknown };
  return typeof lang === 'string' ? lang : undefined;
}

/** The language that was chosen before. */
export function rememberedLanguage({ headers }: Asked): string | undefined {
  const value = new RegExp(`(?:^|;)\\s*${NAME}=([^;\\s]*)`).exec(headers.cookie ?? '')?.[1];
  return value !== undefined && TAG.test(value) ? value : undefined;
}

/**
 * Has the browser remember the language that a page was asked for in by `lang`, where it was a page of this server that led there, or
 * somebody who typed the address: then it was chosen.
 * @param base the API's address, beneath which it is remembered
 */
export function rememberLanguage(request: Asked, reply: FastifyReply, base: string): void {
  const language = languageParameter(request);
  if (language === undefined || !TAG.test(language) || language === rememberedLanguage(request)) return;
  if (!isSameOrigin(request.headers, base)) return;
  const { pathname = '/', protocol } = URL.parse(base) ?? {};
  const path = pathname.includes(';') ? '/' : pathname;
  const secure = protocol === 'https:' ? '; Secure' : '';
  void reply.header('set-cookie', `${NAME}=${language}; Path=${path}; Max-Age=${SECONDS}; SameSite=Lax${secure}`);
}
