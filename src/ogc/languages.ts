import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import type { LocalizedKeywords, LocalizedText } from '../config/configuration.js';
import { wantsHtml } from './representation.js';
import { languageParameter, rememberedLanguage } from './requests/language-cookie.js';
import { addVary } from './requests/vary.js';

export { addVary };

/**
 * The languages to answer in, best first; all of the server's, never empty where the server has one.
 * @param requested the parameter `lang`, which goes before the header; unknown languages are passed over
 * @param acceptLanguage the header (RFC 9110, section 12.5.4)
 * @param available the server's languages, the default one first
 */
export function negotiateLanguages(
  requested: string | undefined,
  acceptLanguage: string | undefined,
  available: readonly string[],
): readonly string[] {
  const accepted = (header: string | undefined) =>
    header ? new Negotiator({ headers: { 'accept-language': header } }).languages([...available]) : [];
  return [...new Set([...accepted(requested), ...accepted(acceptLanguage), ...available])];
}

/**
 * {@link negotiateLanguages} for a request. Of pages a language that was chosen before goes before the header, too.
 * @param available the server's languages, the default one first
 */
export function requestedLanguages(
  request: Pick<FastifyRequest, 'query' | 'headers'>,
  available: readonly string[],
): readonly string[] {
  const chosen = languageParameter(request) ?? (wantsHtml(request) ? rememberedLanguage(request) : undefined);
  return negotiateLanguages(chosen, request.headers['accept-language'], available);
}

/**
 * {@link requestedLanguages}; says in the answer its language, and what of the request it depends on.
 * @param available the server's languages, the default one first
 */
export function answerInLanguage(
  request: FastifyRequest,
  reply: FastifyReply,
  available: readonly string[],
): readonly string[] {
  const languages = requestedLanguages(request, available);
  variesByLanguage(request, reply);
  if (languages[0] !== undefined) void reply.header('content-language', languages[0]);
  return languages;
}

/** Notes in the answer that it depends on {@link requestedLanguages}. */
export function variesByLanguage(request: Pick<FastifyRequest, 'query' | 'headers'>, reply: FastifyReply): void {
  addVary(reply, 'Accept-Language');
  if (wantsHtml(request)) addVary(reply, 'Cookie');
}

/**
 * The text in the first language that it has (`de` serves `de-DE` and the other way round), else its first one; undefined where there is none.
 * @param languages best first
 */
export function localize(text: LocalizedText | undefined, languages: readonly string[]): string | undefined {
  return typeof text === 'string' || text === undefined ? text : inLanguage(text, languages);
}

/** Like {@link localize}, for keywords. */
export function localizeKeywords(
  keywords: LocalizedKeywords | undefined,
  languages: readonly string[],
): readonly string[] | undefined {
  return isList(keywords) || keywords === undefined ? keywords : inLanguage(keywords, languages);
}

function isList(keywords: LocalizedKeywords | undefined): keywords is readonly string[] {
  return Array.isArray(keywords);
}

function inLanguage<T>(byLanguage: Readonly<Record<string, T>>, languages: readonly string[]): T | undefined {
  const tags = Object.keys(byLanguage);
  for (const language of languages) {
    const tag =
      tags.find((candidate) => candidate.toLowerCase() === language.toLowerCase()) ??
      tags.find((candidate) => primary(candidate) === primary(language));
    if (tag !== undefined) return byLanguage[tag];
  }
  return Object.values(byLanguage)[0];
}

function primary(tag: string): string {
  return tag.toLowerCase().split(/[-_]/)[0] ?? '';
}
