import type { ComponentChildren } from 'preact';
import type { LinkDto } from '../ogc/ogc.dto.js';
import type { LanguageChoice } from '../ogc/pages.js';
import { SCRIPTS_PATH } from './scripts.js';
import { STYLESHEET_PATH } from './stylesheet.js';
import { useTexts } from './texts/texts.js';
import { VisitorBar } from './visitor.js';

export interface LayoutProps {
  readonly base: string;
  /** Of the interface. */
  readonly language: string;
  /** Of the server. */
  readonly site: string;
  readonly title: string;
  readonly links: readonly LinkDto[];
  /** Seconds after which a browser without scripts asks again; undefined: never. */
  readonly refresh?: number;
  /** Names of modules of `browser/`. */
  readonly scripts: readonly string[];
  readonly languageChoices?: readonly LanguageChoice[];
  readonly children: ComponentChildren;
}

/** What every page has around its content. Texts of the configuration carry a language of their own. */
export function Layout({
  base,
  language,
  site,
  title,
  links,
  refresh,
  scripts,
  languageChoices = [],
  children,
}: LayoutProps) {
  const t = useTexts();
  return (
    <html lang={language}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {refresh === undefined ? null : (
          <noscript>
            <meta httpEquiv="refresh" content={String(refresh)} />
          </noscript>
        )}
        <title>{title === site ? site : `${title} – ${site}`}</title>
        <link rel="stylesheet" href={base + STYLESHEET_PATH} />
        <link rel="icon" href="data:," />
        {links
          .filter(({ rel }) => rel === 'alternate' || rel === 'next' || rel === 'prev')
          .map(({ rel, href, type }) => (
            <link rel={rel} href={href} type={type} />
          ))}
        {scripts.map((name) => (
          <script type="module" src={`${base}${SCRIPTS_PATH}/${name}.js`} />
        ))}
      </head>
      <body>
        <a class="skip" href="#content">
          {t('layout.skip')}
        </a>
        <header class="bar">
          <div>
            <a class="site" href={`${base}/`}>
              {site}
            </a>
            <nav aria-label={t('layout.main')}>
              <ul>
                <li>
                  <a href={`${base}/processes`}>{t('layout.processes')}</a>
                </li>
                <li>
                  <a href={`${base}/jobs`}>{t('layout.jobs')}</a>
                </li>
                <li>
                  <a href={`${base}/docs`}>{t('layout.docs')}</a>
                </li>
              </ul>
            </nav>
            <VisitorBar base={base} />
          </div>
        </header>
        <main id="content">{children}</main>
        <footer>
          <div>
            <a href={`${base}/conformance`}>{t('layout.conformance')}</a> ·{' '}
            <a href={`${base}/problems`}>{t('layout.problems')}</a> · OGC API - Processes
            <LanguageSwitch choices={languageChoices} />
          </div>
        </footer>
      </body>
    </html>
  );
}

/** Each language by its own name. What is chosen is remembered. */
function LanguageSwitch({ choices }: { choices: readonly LanguageChoice[] }) {
  const t = useTexts();
  return choices.length < 2 ? null : (
    <nav class="languages" aria-label={t('layout.language')}>
      <ul>
        {choices.map(({ language, href, isCurrent }) => (
          <li>
            <a
              href={href}
              lang={language}
              hreflang={language}
              rel="nofollow"
              aria-current={isCurrent ? 'true' : undefined}
            >
              {nameOf(language)}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function nameOf(language: string): string {
  try {
    const name =
      new Intl.DisplayNames(language, { type: 'language' }).of(language.split('-')[0] ?? language) ?? language;
    return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
  } catch {
    return language;
  }
}
