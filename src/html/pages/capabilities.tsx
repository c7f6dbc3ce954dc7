import type { ConformanceDto, LandingPageDto, LinkDto } from '../../ogc/ogc.dto.js';
import type { ComponentChildren } from 'preact';
import { isAddress } from '../../ogc/links.js';
import { Anchor, type Fact, Facts, LinkList, Tags, Text } from '../components.js';
import type { PageMaker } from '../page.js';

export const landingPage: PageMaker<LandingPageDto> = (
  { title = 'OGC API - Processes', description, keywords, provider, license, contact, termsOfService, links },
  { language },
) => ({
  title,
  links,
  content: (
    <>
      <h1 lang={language}>{title}</h1>
      <Text lang={language}>{description}</Text>
      <Tags label="Keywords" items={keywords} />
      <Brokers links={links} />
      <LinkList links={links} />
      <Section
        title="Who runs it"
        facts={[
          ['Provider', provider && <Named {...provider} />],
          ['Licence', license && <Named {...license} />],
          ['Terms of service', termsOfService && <Named name={termsOfService} url={termsOfService} />],
          ...Object.entries(contact ?? {}).map(([name, value]): Fact => [labelOf(name), contactOf(name, value)]),
        ]}
      />
    </>
  ),
});

/** A heading with what is known; nothing where nothing is. */
function Section({ title, facts }: { title: string; facts: readonly Fact[] }) {
  return facts.every(([, value]) => !value) ? null : (
    <section aria-labelledby="who">
      <h2 id="who">{title}</h2>
      <Facts facts={facts} />
    </section>
  );
}

function Named({ name, url }: { name?: string; url?: string }) {
  const text = name ?? url;
  return isAddress(url) ? <Anchor href={url}>{text}</Anchor> : <>{text}</>;
}

/** `postalcode` and its like are the names that pygeoapi gives (https://docs.pygeoapi.io/en/stable/configuration.html#metadata). */
const LABELS: Readonly<Record<string, string>> = {
  name: 'Contact',
  stateorprovince: 'State or province',
  postalcode: 'Postal code',
  email: 'E-mail',
  url: 'Page',
};

function labelOf(name: string): string {
  return LABELS[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
}

function contactOf(name: string, value: string): ComponentChildren {
  if (name === 'email' && /^[^\s@]+@[^\s@]+$/.test(value)) return <Anchor href={`mailto:${value}`}>{value}</Anchor>;
  return <Named name={value} url={value} />;
}

/** Of a broker the address is shown as text: no browser follows it. */
function Brokers({ links }: { links: readonly LinkDto[] }) {
  return (
    <>
      {links
        .filter(({ rel }) => rel === 'hub')
        .map(({ href, channel }) => (
          <p>
            Broker that is told what becomes of jobs: <span class="id">{href}</span>
            {channel === undefined ? null : (
              <>
                , channel <span class="id">{channel}</span>
              </>
            )}
          </p>
        ))}
    </>
  );
}

export const conformancePage: PageMaker<ConformanceDto> = ({ conformsTo }) => ({
  title: 'Conformance',
  content: (
    <>
      <h1>Conformance</h1>
      <p>The conformance classes of OGC standards that this server implements.</p>
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
