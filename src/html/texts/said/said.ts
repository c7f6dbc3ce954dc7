import type { Translate } from '../texts.js';
import { access } from './de/access.js';
import { faults } from './de/faults.js';
import { jobs } from './de/jobs.js';
import { requests } from './de/requests.js';
import { Translation } from './shapes.js';

const german = new Translation(
  {
    sentences: { ...access.sentences, ...jobs.sentences, ...requests.sentences, ...faults.sentences },
    parts: { ...access.parts, ...jobs.parts, ...requests.parts, ...faults.parts },
  },
  { ', or ': ', oder ', ' or ': ' oder ', '; ': '; ', ' and ': ' und ' },
);

const LANGUAGES: Readonly<Record<string, Translation>> = { de: german };

/** What the server knows to say in another language than English. */
export function translationIn(language: string): Translation | undefined {
  return LANGUAGES[language];
}

/**
 * What the server says of a job or a request, which the API has in English, in the reader's language; as it is where the server has not
 * made it: words of programs, users and Kubernetes stay theirs.
 */
export function said(t: Translate, text: string): string {
  return translationIn(t('common.language'))?.of(text) ?? text;
}

/** In what language {@link said} gives a text, as an attribute has it; undefined: in that of the page. */
export function languageOf(t: Translate, text: string): 'en' | undefined {
  const translation = translationIn(t('common.language'));
  return translation && translation.of(text) === undefined ? 'en' : undefined;
}

/** Around what the server says in HTML that is made once for readers of all languages: of the private use area of Unicode. */
const [BEGIN, END] = ['\ue000', '\ue001'];
const MARKED = new RegExp(`${BEGIN}([^${BEGIN}${END}<>]*)${END}`, 'g');

/** A text of the server in HTML that {@link inLanguage} brings into a language. */
export function toBeSaid(text: string): string {
  return BEGIN + text + END;
}

/** @param html escaped as it is to be: what is said in it may stand in an attribute */
export function inLanguage(t: Translate, html: string): string {
  const translation = translationIn(t('common.language'));
  const escaped = (text: string) => text.replace(/[<>"]/g, (found) => ESCAPES[found] ?? '');
  return html.replace(MARKED, (_, text: string) => escaped(translation?.ofPart(text) ?? text));
}

const ESCAPES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '"': '&quot;' };
