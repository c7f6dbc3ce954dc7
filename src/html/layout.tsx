import type { ComponentChildren } from 'preact';
import type { LinkDto } from '../ogc/ogc.dto.js';
import { STYLESHEET_PATH } from './stylesheet.js';

export interface LayoutProps {
  readonly base: string;
  /** Of the server. */
  readonly site: string;
  readonly title: string;
  readonly links: readonly LinkDto[];
  /** Seconds after which the browser asks again; undefined: never. */
  readonly refresh?: number;
  readonly children: ComponentChildren;
}

/** What every page has around its content. The words of the interface are English; texts of the configuration carry a language of their own. */
export function Layout({ base, site, title, links, refresh, children }: LayoutProps) {
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {refresh === undefined ? null : <meta httpEquiv="refresh" content={String(refresh)} />}
        <title>{title === site ? site : `${title} – ${site}`}</title>
        <link rel="stylesheet" href={base + STYLESHEET_PATH} />
        <link rel="icon" href="data:," />
        {links
          .filter(({ rel }) => rel === 'alternate' || rel === 'next' || rel === 'prev')
          .map(({ rel, href, type }) => (
            <link rel={rel} href={href} type={type} />
          ))}
      </head>
      <body>
        <a class="skip" href="#content">
          Skip to the content
        </a>
        <header class="bar">
          <div>
            <a class="site" href={`${base}/`}>
              {site}
            </a>
            <nav aria-label="Main">
              <ul>
                <li>
                  <a href={`${base}/processes`}>Processes</a>
                </li>
                <li>
                  <a href={`${base}/jobs`}>Jobs</a>
                </li>
                <li>
                  <a href={`${base}/docs`}>API documentation</a>
                </li>
              </ul>
            </nav>
          </div>
        </header>
        <main id="content">{children}</main>
        <footer>
          <div>
            <a href={`${base}/conformance`}>Conformance</a> · <a href={`${base}/problems`}>Problems and remedies</a> ·
            OGC API - Processes
          </div>
        </footer>
      </body>
    </html>
  );
}
