import { Json, LinkList, ProcessSummary, Table, Tags, Text, toShow } from '../components.js';
import { summaryOf } from '../schema-summary.js';
import { ExecuteForm, FormFaults } from './execute-form.js';
import type { PageMaker } from '../page.js';
import { type ProcessPageResource, SENT_FORM } from '../sent-form.js';

type Members = Readonly<Record<string, unknown>>;

export const processPage: PageMaker<ProcessPageResource> = (process, { base, language }) => {
  const { id, title = id, inputs, outputs, links, [SENT_FORM]: sent } = process;
  return {
    title,
    links,
    content: (
      <>
        <h1 lang={language}>{title}</h1>
        {sent ? <FormFaults sent={sent} inputs={inputs} /> : null}
        <ProcessSummary process={process} language={language} />
        <Descriptions heading="Inputs" items={inputs} language={language} withOccurrences />
        <Descriptions heading="Outputs" items={outputs} language={language} />
        <ExecuteForm
          action={`${base}/processes/${encodeURIComponent(id)}/form`}
          inputs={inputs}
          language={language}
          sent={sent}
        />
        {process.example ? (
          <details>
            <summary>An execute request to try, as JSON</summary>
            <Json value={process.example} />
          </details>
        ) : null}
        <LinkList links={toShow(links, { execute: '#execute' })} />
      </>
    ),
  };
};

function Descriptions({
  heading,
  items,
  language,
  withOccurrences = false,
}: {
  heading: string;
  items: Readonly<Record<string, Members>>;
  language?: string;
  withOccurrences?: boolean;
}) {
  const entries = Object.entries(items);
  return (
    <section aria-labelledby={heading}>
      <h2 id={heading}>{heading}</h2>
      {entries.length === 0 ? (
        <p>None are described.</p>
      ) : (
        <Table heads={['Name', 'Description', 'Type', ...(withOccurrences ? ['How many'] : [])]}>
          {entries.map(([id, item]) => (
            <tr>
              <th scope="row" class="id">
                {id}
              </th>
              <td lang={language}>
                {text(item['title'])}
                <Text>{text(item['description'])}</Text>
                <Tags label="Keywords" items={item['keywords'] as string[] | undefined} />
                <OtherMembers item={item} />
              </td>
              <td>
                {summaryOf(item['schema'])}
                <details>
                  <summary>Schema</summary>
                  <Json value={item['schema']} />
                </details>
              </td>
              {withOccurrences ? <td data-label="How many">{occurrences(item)}</td> : null}
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
  const others = Object.entries(item).filter(([name]) => !SHOWN.has(name));
  return others.length === 0 ? null : (
    <details>
      <summary>More</summary>
      <Json value={Object.fromEntries(others)} />
    </details>
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function occurrences({ minOccurs = 1, maxOccurs = 1 }: Members): string {
  if (minOccurs === maxOccurs) return String(minOccurs);
  return `${String(minOccurs)} to ${maxOccurs === 'unbounded' ? 'any number' : String(maxOccurs)}`;
}
