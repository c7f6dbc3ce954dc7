import { problemTypes as german } from './de/problem-types.js';

/** What the API says of a type of problems, in English. */
export interface ProblemTypeWords {
  readonly title: string;
  readonly meaning: string;
  readonly remedies: readonly string[];
}

const LANGUAGES: Readonly<Record<string, Readonly<Record<string, ProblemTypeWords>>>> = { de: german };

/** A type of problems in another language than the API's. @param type its URI; only those of the server are known */
export function problemTypeIn(language: string | undefined, type: string): ProblemTypeWords | undefined {
  const name = /\/problems\/([^/?#]+)$/.exec(type)?.[1] ?? '';
  const known = LANGUAGES[language ?? ''];
  return known && Object.hasOwn(known, name) ? known[name] : undefined;
}
