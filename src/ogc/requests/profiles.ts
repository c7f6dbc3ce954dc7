import type { IncomingHttpHeaders } from 'node:http';

/** Ids of the profiles of OGC API - Processes 2.0 (draft, OGC 18-062r3, clause 17): whoever asks for one of them knows that version. */
const PROFILES = [
  'ogc-process-list',
  'ogc-process-description',
  'ogc-execute-request',
  'jobs-list',
  'job-description',
  'ogc-results',
] as const;

export type Profile = (typeof PROFILES)[number];

/** The URI of a profile. */
export function profileUri(profile: Profile): string {
  return `https://www.opengis.net/def/profile/OGC/0/${profile}`;
}

/** A URI, a safe CURIE, or the id alone (clause 18, requirement `/req/query-param-profile/definition`). */
const NAME = /^(?:https?:\/\/www\.opengis\.net\/def\/profile\/OGC\/0\/([a-z-]+)|\[ogc-profile:([a-z-]+)\]|([a-z-]+))$/;

/** A parameter `profile` of media types, and of `Prefer`. */
const PARAMETER = /(?:^|[;,])[ \t]*profile[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;,"]*))/gi;

/** Headers that ask for a profile where they say so. */
const NAMED_IN = ['accept', 'prefer', 'link'];

const NONE: ReadonlySet<Profile> = new Set();

/**
 * The profiles of version 2.0 that a request asks for, by any of the ways of clause 7, "Content negotiation by
 * profile": `Accept` with a parameter, `Accept-Profile`, `Prefer`, or a `Link` of its own. Any others are not there.
 * @param parameter the parameter `profile` (clause 18), where the resource has one: names with commas between
 */
export function askedProfiles(headers: IncomingHttpHeaders, parameter?: string): ReadonlySet<Profile> {
  const text = (name: string): string => [headers[name] ?? []].flat().join(', ');
  // Few requests ask for any.
  const asks =
    parameter !== undefined || text('accept-profile') !== '' || NAMED_IN.some((name) => /profile/i.test(text(name)));
  if (!asks) return NONE;
  const named = [
    ...parametersOf(text('accept')),
    ...parametersOf(text('prefer')),
    ...text('accept-profile')
      .split(',')
      .map((item) => item.split(';', 1)[0] ?? '')
      .map((item) =>
        item
          .trim()
          .replace(/^<(.*)>$/, '$1')
          .replace(/^"(.*)"$/, '$1'),
      ),
    ...linksOf(text('link')),
    ...(parameter ?? '').split(','),
  ];
  return new Set(named.flatMap((name) => toProfile(name) ?? []));
}

function parametersOf(header: string): string[] {
  return [...header.matchAll(PARAMETER)].flatMap(([, quoted, token]) => (quoted ?? token ?? '').split(/\s+/));
}

function linksOf(header: string): string[] {
  return [...header.matchAll(/<([^<>]*)>([^<>]*)/g)]
    .filter(([, , parameters = '']) => /;[ \t]*rel[ \t]*=[ \t]*(?:"(?:[^"]* )?profile[ "]|profile\b)/i.test(parameters))
    .map(([, address = '']) => address);
}

function toProfile(name: string): Profile | undefined {
  const [, uri, curie, id] = NAME.exec(name) ?? [];
  return PROFILES.find((profile) => profile === (uri ?? curie ?? id));
}
