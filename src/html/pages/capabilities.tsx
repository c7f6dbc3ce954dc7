import type { ComponentChildren } from 'preact';
import { isAddress } from '../../ogc/links.js';
import type { ConformanceDto, LandingPageDto, LinkDto } from '../../ogc/ogc.dto.js';
import { Anchor, type Fact, Facts, LinkList, Tags, Text, withKeyword } from '../components.js';
import type { OverviewData } from '../lists/overview.js';
import type { PageMaker } from '../page.js';
import { en } from '../texts/en/index.js';
import { useTexts } from '../texts/texts.js';
import { ProcessSearch } from './processes.js';

export const landingPage: PageMaker<LandingPageDto> = (
  { title = 'OGC API - Processes', description, keywords, provider, license, contact, termsOfService, links },
  { base, language, interfaceLanguage = 'en', overview, t },
) => {
  const seen = overview();
  const facts: readonly Fact[] = [
    [t('landing.provider'), provider && <Named {...provider} />],
    [t('landing.licence'), license && <Named {...license} />],
    [t('landing.terms'), termsOfService && <Named name={termsOfService} url={termsOfService} />],
    ...Object.entries(contact ?? {}).map(([name, value]): Fact => [<Label name={name} />, contactOf(name, value)]),
  ];
  return {
    title,
    links,
    content: (
      <>
        <h1 lang={language}>{title}</h1>
        <Text lang={language}>{description}</Text>
        {seen ? <p>{t('landing.what')}</p> : null}
        <Tags label={t('common.keywords')} items={keywords} />
        {seen ? <Seen base={base} seen={seen} language={interfaceLanguage} textsLanguage={language} /> : null}
        {facts.every(([, value]) => !value) ? null : (
          <section aria-labelledby="who">
            <h2 id="who">{t('landing.who')}</h2>
            <Facts facts={facts} />
          </section>
        )}
        <Brokers links={links} />
        <LinkList links={links} />
      </>
    ),
  };
};

const STATUSES = ['accepted', 'running', 'successful', 'failed', 'dismissed'] as const;

/** What there is to do, and what is done. */
function Seen({
  base,
  seen,
  language,
  textsLanguage,
}: {
  base: string;
  seen: OverviewData;
  language: string;
  textsLanguage: string | undefined;
}) {
  const t = useTexts();
  const { statuses, processes, numberOfProcesses } = seen;
  return (
    <>
      <section aria-labelledby="processes">
        <h2 id="processes">{t('landing.processes')}</h2>
        <ProcessSearch base={base} text="" />
        <ul class="cards">
          {processes.map(({ id, title, description, keywords }) => (
            <li>
              <h3 lang={textsLanguage}>
                <Anchor href={`${base}/processes/${encodeURIComponent(id)}`}>{title ?? id}</Anchor>
              </h3>
              <div class="clamped" lang={textsLanguage}>
                {description}
              </div>
              <Tags label={t('common.keywords')} items={keywords} hrefOf={withKeyword(base)} />
            </li>
          ))}
        </ul>
        <p>
          <a href={`${base}/processes`}>{t('landing.allProcesses', { count: numberOfProcesses })}</a>
        </p>
      </section>
      <section aria-labelledby="now">
        <h2 id="now">{t('landing.now')}</h2>
        {Object.keys(statuses).length === 0 ? (
          <p>{t('landing.nothing')}</p>
        ) : (
          <ul class="tags counts">
            {STATUSES.map((status) => (
              <li>
                <a href={`${base}/jobs?status=${status}`} class={`status ${status}`}>
                  {t(`common.status.${status}`)} <b>{(statuses[status] ?? 0).toLocaleString(language)}</b>
                </a>
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}

function Named({ name, url }: { name?: string; url?: string }) {
  const text = name ?? url;
  return isAddress(url) ? <Anchor href={url}>{text}</Anchor> : <>{text}</>;
}

/** Of those that pygeoapi names (https://docs.pygeoapi.io/en/stable/configuration.html#metadata), in words. */
function Label({ name }: { name: string }) {
  const t = useTexts();
  const isKnown = Object.hasOwn(en.landing.contact, name);
  return <>{isKnown ? t(`landing.contact.${name as 'name'}`) : name.charAt(0).toUpperCase() + name.slice(1)}</>;
}

function contactOf(name: string, value: string): ComponentChildren {
  if (name === 'email' && /^[^\s@]+@[^\s@]+$/.test(value)) return <Anchor href={`mailto:${value}`}>{value}</Anchor>;
  return <Named name={value} url={value} />;
}

/** Of a broker the address is shown as text: no browser follows it. */
function Brokers({ links }: { links: readonly LinkDto[] }) {
  const t = useTexts();
  return (
    <>
      {links
        .filter(({ rel }) => rel === 'hub')
        .map(({ href, channel }) => (
          <p>
            {t('landing.broker')} <span class="id">{href}</span>
            {channel === undefined ? null : (
              <>
                {t('landing.channel')} <span class="id">{channel}</span>
              </>
            )}
          </p>
        ))}
    </>
  );
}

export const conformancePage: PageMaker<ConformanceDto> = ({ conformsTo }, { t }) => ({
  title: t('landing.conformance'),
  content: (
    <>
      <h1>{t('landing.conformance')}</h1>
      <p>{t('landing.conformanceNote')}</p>
      <ul class="links">
        {conformsTo.map((uri) => (
          <li>
            <Anchor href={uri}>{uri}</Anchor>
          </li>
        ))}
      </ul>
    </>
  ),
});
