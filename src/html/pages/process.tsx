import type { LinkDto } from '../../ogc/ogc.dto.js';
import { relation } from '../../ogc/links.js';
import { Json, LinkList, ProcessSummary, Table, Tags, Text, toShow } from '../components.js';
import { wordsOf } from '../forms/schema-words.js';
import { ExecuteSection } from './execute-form.js';
import { isOffered } from '../offers.js';
import type { PageMaker } from '../page.js';
import type { ProcessPageResource } from '../sent-form.js';
import { SignInToSee } from '../visitor.js';
import { type Translate, useTexts } from '../texts/texts.js';

type Members = Readonly<Record<string, unknown>>;

const withoutExecute = (links: readonly LinkDto[]) => links.filter(({ rel }) => rel !== relation.execute);

/** The form comes first: on a phone, too, it is what one came for. */
export const processPage: PageMaker<ProcessPageResource> = (process, making) => {
  const { base, language, t, background } = making;
  const { id, title = id, inputs, outputs, links } = process;
  return {
    title,
    links,
    scripts: ['form'],
    hasMap: true,
    content: (
      <>
        <h1 lang={language}>{title}</h1>
        <ProcessSummary process={process} language={language} />
        {isOffered(making, 'execute', id) ? (
          <ExecuteSection process={process} base={base} background={background} language={language} />
        ) : (
          <SignInToSee base={base} what="execute" />
        )}
        <Descriptions id="Inputs" heading={t('form.inputs')} items={inputs} language={language} withOccurrences />
        <Descriptions id="Outputs" heading={t('form.outputs')} items={outputs} language={language} />
        {process.example ? (
          <details>
            <summary>{t('form.exampleRequest')}</summary>
            <Json value={process.example} />
          </details>
        ) : null}
        <LinkList
          links={isOffered(making, 'execute', id) ? toShow(links, { execute: '#execute' }) : withoutExecute(links)}
        />
      </>
    ),
  };
};

function Descriptions({
  id: place,
  heading,
  items,
  language,
  withOccurrences = false,
}: {
  id: string;
  heading: string;
  items: Readonly<Record<string, Members>>;
  language?: string;
  withOccurrences?: boolean;
}) {
  const t = useTexts();
  const entries = Object.entries(items);
  return (
    <section aria-labelledby={place}>
      <h2 id={place}>{heading}</h2>
      {entries.length === 0 ? (
        <p>{t('form.noneDescribed')}</p>
      ) : (
        <Table
          heads={[
            t('form.name'),
            t('form.description'),
            t('form.type'),
            ...(withOccurrences ? [t('form.howMany')] : []),
          ]}
        >
          {entries.map(([id, item]) => (
            <tr>
              <th scope="row" class="id">
                {id}
              </th>
              <td lang={language}>
                {text(item['title'])}
                <Text>{text(item['description'])}</Text>
                <Tags label={t('form.keywords')} items={item['keywords'] as string[] | undefined} />
                <OtherMembers item={item} />
              </td>
              <td>
                {wordsOf(item['schema'], t)}
                <details>
                  <summary>{t('form.schema')}</summary>
                  <Json value={item['schema']} />
                </details>
              </td>
              {withOccurrences ? <td data-label={t('form.howMany')}>{occurrences(item, t)}</td> : null}
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

const SHOWN = new Set(['title', 'description', 'keywords', 'schema', 'minOccurs', 'maxOccurs']);

/** What else the description holds (`metadata`, `additionalParameters`), so that the page keeps nothing back. */
function OtherMembers({ item }: { item: Members }) {
  const t = useTexts();
  const others = Object.entries(item).filter(([name]) => !SHOWN.has(name));
  return others.length === 0 ? null : (
    <details>
      <summary>{t('form.otherMembers')}</summary>
      <Json value={Object.fromEntries(others)} />
    </details>
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function occurrences({ minOccurs = 1, maxOccurs = 1 }: Members, t: Translate): string {
  if (minOccurs === maxOccurs) return String(minOccurs);
  const to = maxOccurs === 'unbounded' ? t('form.anyNumber') : String(maxOccurs);
  return t('form.range', { from: String(minOccurs), to });
}
