import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import type { LocalizedKeywords, LocalizedText } from '../config/configuration.js';

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
 * {@link negotiateLanguages} for a request; says in the answer its language, and that it depends on the request's header.
 * @param available the server's languages, the default one first
 */
export function answerInLanguage(
  request: FastifyRequest,
  reply: FastifyReply,
  available: readonly string[],
): readonly string[] {
  const { lang } = request.query as { lang?: unknown };
  const requested = typeof lang === 'string' ? lang : undefined;
  const languages = negotiateLanguages(requested, request.headers['accept-language'], available);
  addVary(reply, 'Accept-Language');
  if (languages[0] !== undefined) void reply.header('content-language', languages[0]);
  return languages;
}

/** Adds to the `Vary` header (RFC 9110, section 12.5.5). */
export function addVary(reply: FastifyReply, field: string): void {
  const fields = [reply.getHeader('vary') ?? []].flat().flatMap((value) => String(value).split(/\s*,\s*/));
  if (!fields.some((known) => known.toLowerCase() === field.toLowerCase()))
    void reply.header('vary', [...fields, field].join(', '));
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
