import { createInstance, type TFunction } from 'i18next';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { de } from './de/index.js';
import { en } from './en/index.js';

/** Of the interface; texts of the configuration have languages of their own. */
export const INTERFACE_LANGUAGES = ['en', 'de'] as const;

export type InterfaceLanguage = (typeof INTERFACE_LANGUAGES)[number];

/** A text of the interface by its key: `t('job.attempts', { count })`. */
export type Translate = TFunction;

const i18n = createInstance();
void i18n.init({
  initAsync: false,
  lng: 'en',
  fallbackLng: 'en',
  resources: { en: { translation: en }, de: { translation: de } },
  // Preact escapes.
  interpolation: { escapeValue: false },
});

export function isInterfaceLanguage(language: string | undefined): language is InterfaceLanguage {
  return INTERFACE_LANGUAGES.some((known) => known === language);
}

export function textsIn(language: InterfaceLanguage): Translate {
  return i18n.getFixedT(language);
}

/** The texts of the page that is rendered. */
export const Texts = createContext<Translate>(textsIn('en'));

export function useTexts(): Translate {
  return useContext(Texts);
}

const TITLES = new Map(
  Object.entries(en.common.titles).map(([key, title]) => [title, key as keyof typeof en.common.titles]),
);

/** The title of a link, which the API has in English, in the reader's language; as it is where it is none of those that every server has. */
export function titleIn(t: Translate, title: string): string {
  const key = TITLES.get(title);
  return key === undefined ? title : t(`common.titles.${key}`);
}
