import type { ComponentChildren, VNode } from 'preact';
import { STATUS_CODES } from 'node:http';
import { relation } from '../ogc/links.js';
import type { Problem } from '../ogc/problem.js';
import type { LinkDto } from '../ogc/ogc.dto.js';
import type { ProcessSummaryDto } from '../processes/description/process.dto.js';
import { en } from './texts/en/index.js';
import { titleIn, useTexts } from './texts/texts.js';

/** What a link may lead to: a description's links come from configuration and processors, and `javascript:` is an address, too. */
function isSafe(href: string): boolean {
  return /^(?:https?:|mailto:)/i.test(href) || !/^[^/?#]*:/.test(href);
}

/** A link; only its text where its address is none that a page should lead to. */
export function Anchor({
  href,
  rel,
  type,
  hreflang,
  download,
  children,
}: Omit<LinkDto, 'rel' | 'title'> & { rel?: string; download?: string; children: ComponentChildren }) {
  if (!isSafe(href)) return <span>{children}</span>;
  return (
    <a href={href} rel={rel} type={type} hreflang={hreflang} download={download}>
      {children}
    </a>
  );
}

/** A link that leads people to a place on a page; programs ask another address, by another method. */
export interface ShownLink extends LinkDto {
  readonly forPrograms?: string;
}

/** Links to what a browser that follows them could not show lead to the same on a page. */
export function toShow(
  links: readonly LinkDto[],
  { execute, exceptions }: { execute?: string; exceptions?: string },
): ShownLink[] {
  const places: Readonly<Record<string, string | undefined>> = {
    [relation.execute]: execute,
    [relation.exceptions]: exceptions,
  };
  return links.map((link) => {
    const href = places[link.rel];
    return href === undefined ? link : { ...link, href, type: 'text/html', forPrograms: link.href };
  });
}

/** A link by its title. Where people and programs are led to different places, both: every link of the JSON stands on the page. */
export function TitledLink({ link }: { link: ShownLink }) {
  const { forPrograms, title, href } = link;
  const t = useTexts();
  return (
    <>
      <Anchor {...link}>{title === undefined ? href : titleIn(t, title)}</Anchor>
      {forPrograms === undefined ? null : (
        <small class="muted">
          {' '}
          ({t('common.forPrograms')} <Anchor href={forPrograms}>{t('common.itsAddress')}</Anchor>)
        </small>
      )}
    </>
  );
}

/** Every link of a resource. */
export function LinkList({ links }: { links: readonly ShownLink[] | undefined }) {
  const t = useTexts();
  if (!links || links.length === 0) return null;
  return (
    <section aria-labelledby="links">
      <h2 id="links">{t('common.links')}</h2>
      <ul class="links">
        {links.map((link) => (
          <li>
            <TitledLink link={link} />{' '}
            <small class="muted">
              {shortRelation(link.rel)}
              {link.type ? `, ${link.type}` : ''}
            </small>
          </li>
        ))}
      </ul>
    </section>
  );
}

function shortRelation(rel: string): string {
  return rel.split('/').at(-1) ?? rel;
}

/** @param hrefOf where each leads; absent: nowhere */
export function Tags({
  label,
  items,
  hrefOf,
}: {
  label: string;
  items: readonly string[] | undefined;
  hrefOf?: (item: string) => string;
}) {
  if (!items || items.length === 0) return null;
  return (
    <ul class="tags" aria-label={label}>
      {items.map((item) => (
        <li>{hrefOf ? <a href={hrefOf(item)}>{item}</a> : item}</li>
      ))}
    </ul>
  );
}

/** What the list of processes and the page of one have in common. */
export function ProcessSummary({
  process,
  language,
  base,
}: {
  process: ProcessSummaryDto;
  language: string | undefined;
  /** Where keywords lead to processes that have them; absent: they lead nowhere. */
  base?: string;
}) {
  const t = useTexts();
  const { id, version, description, keywords, jobControlOptions, outputTransmission } = process;
  return (
    <>
      <p class="muted">
        <span class="id">{id}</span> · {t('common.version', { version })}
      </p>
      <Text lang={language}>{description}</Text>
      <Tags
        label={t('common.keywords')}
        items={keywords}
        {...(base === undefined ? {} : { hrefOf: withKeyword(base) })}
      />
      <Tags label={t('common.howExecuted')} items={[...jobControlOptions, ...outputTransmission]} />
    </>
  );
}

/** The processes that have a keyword. */
export const withKeyword =
  (base: string) =>
  (keyword: string): string =>
    `${base}/processes?${new URLSearchParams({ q: keyword })}`;

/** Text of several lines, as it is. */
export function Text({ children, lang }: { children: string | undefined; lang?: string }) {
  return children ? (
    <p class="text" lang={lang}>
      {children}
    </p>
  ) : null;
}

export function Time({ at }: { at: string | undefined }) {
  return at === undefined ? null : <time dateTime={at}>{at.replace('T', ' ').replace(/\.\d+Z$|Z$/, ' UTC')}</time>;
}

export function Status({ status }: { status: string }) {
  const t = useTexts();
  const key = `common.status.${status}` as 'common.status.failed';
  const text = Object.hasOwn(en.common.status, status) ? t(key) : status;
  return <span class={`status ${/^[a-z]+$/.test(status) ? status : ''}`}>{text}</span>;
}

/** What a problem is called. */
export function headingOf({ title, status }: Problem): string {
  return title ?? STATUS_CODES[status ?? 0] ?? 'Problem';
}

/** A link to where the type of a problem is explained; its name where it has no address (`about:blank`). */
export function MeaningLink({ problem: { type } }: { problem: Problem }) {
  const t = useTexts();
  return /^https?:/.test(type) ? <Anchor href={type}>{t('common.meaning')}</Anchor> : <span class="id">{type}</span>;
}

export type Fact = readonly [name: ComponentChildren, value: ComponentChildren];

/** Name and value; an absent value leaves the row out. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  const known = facts.filter(([, value]) => value !== undefined && value !== null && value !== '');
  return known.length === 0 ? null : (
    <dl>
      {known.map(([name, value]): VNode => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}

/** @param children its rows; where there is little room, their cells stand below each other */
export function Table({ heads, children }: { heads: readonly string[]; children: ComponentChildren }) {
  return (
    <div class="scroll">
      <table class="stacked">
        <thead>
          <tr>
            {heads.map((head) => (
              <th scope="col">{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

export function Json({ value }: { value: unknown }) {
  return (
    <pre tabIndex={0}>
      <code>{JSON.stringify(value, undefined, 2)}</code>
    </pre>
  );
}

/** Links to the pages beside this one. */
export function PageLinks({ links }: { links: readonly LinkDto[] }) {
  const t = useTexts();
  const beside = (['first', 'prev', 'next'] as const).flatMap((rel) => links.find((link) => link.rel === rel) ?? []);
  return beside.length === 0 ? null : (
    <nav class="pages" aria-label={t('common.pages')}>
      {beside.map((link) => (
        <Anchor href={link.href} rel={link.rel}>
          {titleIn(t, link.title ?? link.rel)}
        </Anchor>
      ))}
    </nav>
  );
}
