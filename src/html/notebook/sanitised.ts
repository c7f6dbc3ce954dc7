import type { default as MarkdownIt, Options } from 'markdown-it';
import { createRequire } from 'node:module';
import type sanitize from 'sanitize-html';

// 150 modules, which only pages of notebooks need.
const require = createRequire(import.meta.url);
let renderer: MarkdownIt | undefined;

function markdown(): MarkdownIt {
  const markdownIt = require('markdown-it') as (options: Options) => MarkdownIt;
  return (renderer ??= markdownIt({ html: true, linkify: false }));
}

/** Rows, cells and headings of tables say what they belong to. */
const CELL = ['colspan', 'rowspan', 'scope', 'headers'];

/**
 * What is left of HTML that a notebook wrote: structure, text and pictures that are in it. No scripts, styles, classes, ids, forms, frames and SVG; links lead to http, https and mail addresses, pictures are `data:` of
 * bitmaps. Whatever a browser makes of it, it can neither act nor look like a part of the page, nor load anything.
 */
const options: sanitize.IOptions = {
  allowedTags: [
    ...[
      'h1',
      'h2',
      'h3',
      'h4',
      'h5',
      'h6',
      'p',
      'br',
      'hr',
      'div',
      'span',
      'blockquote',
      'pre',
      'code',
      'kbd',
      'samp',
      'var',
    ],
    ...['b', 'strong', 'i', 'em', 'u', 's', 'del', 'ins', 'sub', 'sup', 'small', 'mark', 'abbr', 'cite', 'q', 'time'],
    ...['ul', 'ol', 'li', 'dl', 'dt', 'dd', 'a', 'img', 'figure', 'figcaption', 'details', 'summary'],
    ...['table', 'caption', 'colgroup', 'col', 'thead', 'tbody', 'tfoot', 'tr', 'th', 'td'],
  ],
  allowedAttributes: {
    a: ['href', 'title', 'rel'],
    img: ['src', 'alt', 'title', 'width', 'height'],
    ol: ['start'],
    th: CELL,
    td: CELL,
    col: ['span'],
    colgroup: ['span'],
    details: ['open'],
    abbr: ['title'],
    time: ['datetime'],
  },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowedSchemesByTag: { img: ['data'] },
  allowProtocolRelative: false,
  allowedSchemesAppliedToAttributes: ['href', 'src', 'cite'],
  disallowedTagsMode: 'discard',
  nestingLimit: 100,
  transformTags: {
    // The page has a heading of its own above them.
    h1: 'h3',
    h2: 'h4',
    h3: 'h5',
    h4: 'h6',
    h5: 'h6',
    a: (tagName, { href, title }) => ({
      tagName,
      attribs: {
        ...(isAddress(href) ? { href } : {}),
        ...(title === undefined ? {} : { title }),
        rel: 'nofollow noreferrer',
      },
    }),
  },
  exclusiveFilter: ({ tag, attribs }) => tag === 'img' && !isPicture(attribs['src']),
};

/** A relative address would lead into this server. */
function isAddress(href: string | undefined): href is string {
  return href !== undefined && /^(?:https?:\/\/|mailto:)/i.test(href);
}

function isPicture(source: string | undefined): boolean {
  return source !== undefined && /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+$/i.test(source);
}

/** HTML of a notebook as it may stand in a page. */
export function sanitisedHtml(html: string): string {
  return (require('sanitize-html') as typeof sanitize)(html, options);
}

/**
 * The same headings, none of which is more than one level beneath the one before it: those of a notebook
 * stand under the page's own of level 2.
 * @param html all that is shown of a notebook, whose texts are escaped
 */
export function withHeadingsInOrder(html: string): string {
  let last = 2;
  return html.replaceAll(/<h([3-6])>|<\/h[3-6]>/g, (_, level?: string) => {
    if (level === undefined) return `</h${last}>`;
    last = Math.min(Number(level), last + 1);
    return `<h${last}>`;
  });
}

/** Markdown of a notebook as HTML that may stand in a page. */
export function sanitisedMarkdown(text: string): string {
  return sanitisedHtml(markdown().render(text));
}
