import type { ProcessDto } from '../../processes/description/process.dto.js';
import { Json, LinkList, ProcessSummary, Table, Tags, Text } from '../components.js';
import { fieldName, formFields, TOKEN_FIELD, type FormField } from '../execute-form.js';
import type { PageMaker } from '../page.js';

type Members = Readonly<Record<string, unknown>>;

export const processPage: PageMaker<ProcessDto> = (process, { base, language }) => {
  const { id, title = id, inputs, outputs, links } = process;
  return {
    title,
    links,
    content: (
      <>
        <h1 lang={language}>{title}</h1>
        <ProcessSummary process={process} language={language} />
        <Descriptions heading="Inputs" items={inputs} language={language} withOccurrences />
        <Descriptions heading="Outputs" items={outputs} language={language} />
        <ExecuteForm action={`${base}/processes/${encodeURIComponent(id)}/form`} inputs={inputs} language={language} />
        {process.example ? (
          <details>
            <summary>An execute request to try, as JSON</summary>
            <Json value={process.example} />
          </details>
        ) : null}
        <LinkList links={links} />
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

function ExecuteForm({
  action,
  inputs,
  language,
}: {
  action: string;
  inputs: Readonly<Record<string, Members>>;
  language?: string;
}) {
  return (
    <section aria-labelledby="execute">
      <h2 id="execute">Execute</h2>
      <p>Makes a job and shows it. What is left empty is not sent.</p>
      <form method="post" action={action}>
        {formFields(inputs).map((field) => (
          <div class="field">
            <label for={fieldName(field.id)} lang={language}>
              {text(inputs[field.id]?.['title']) ?? field.id}
              {field.required ? ' (required)' : ''}
            </label>
            <Control field={field} />
            <small id={`${fieldName(field.id)}.hint`}>{hint(field, inputs[field.id]?.['schema'])}</small>
          </div>
        ))}
        <div class="field">
          <label for={TOKEN_FIELD}>Token</label>
          <input id={TOKEN_FIELD} name={TOKEN_FIELD} type="password" autocomplete="off" />
          <small>Only where the process asks for one.</small>
        </div>
        <button type="submit">Execute</button>
      </form>
    </section>
  );
}

function Control({ field }: { field: FormField }) {
  const name = fieldName(field.id);
  const common = { id: name, name, required: field.required, 'aria-describedby': `${name}.hint` };
  switch (field.kind) {
    case 'boolean':
    case 'choice': {
      const choices = field.choices ?? ['true', 'false'];
      return (
        <select {...common}>
          {field.initial === undefined || !field.required ? <option value="">–</option> : null}
          {choices.map((choice) => (
            <option value={choice} selected={choice === field.initial}>
              {choice.replace(/^"(.*)"$/s, '$1')}
            </option>
          ))}
        </select>
      );
    }
    case 'json':
    case 'long-text':
      return (
        <textarea {...common} spellcheck={false} rows={4}>
          {field.initial ?? ''}
        </textarea>
      );
    case 'number':
    case 'integer':
      return (
        <input
          {...common}
          type="number"
          step={field.kind === 'integer' ? '1' : 'any'}
          min={field.minimum}
          max={field.maximum}
          value={field.initial}
        />
      );
    default:
      return (
        <input
          {...common}
          type={field.kind as 'text'}
          value={field.initial}
          required={field.required && (field.minLength ?? 0) > 0}
          minLength={field.minLength}
          maxLength={field.maxLength}
          autocomplete="off"
        />
      );
  }
}

function hint({ kind, id }: FormField, schema: unknown): string {
  const summary = summaryOf(schema);
  return [id, kind === 'json' ? `${summary}, as JSON` : summary].join(' · ');
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function occurrences({ minOccurs = 1, maxOccurs = 1 }: Members): string {
  if (minOccurs === maxOccurs) return String(minOccurs);
  return `${String(minOccurs)} to ${maxOccurs === 'unbounded' ? 'any number' : String(maxOccurs)}`;
}

/** A schema in a few words. */
function summaryOf(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return 'anything';
  const {
    type,
    format,
    contentMediaType,
    enum: values,
    default: fallback,
    oneOf,
    anyOf,
    minimum,
    maximum,
    $ref,
  } = schema as Members;
  const alternatives = (Array.isArray(oneOf) ? oneOf : Array.isArray(anyOf) ? anyOf : []) as unknown[];
  const name =
    alternatives.length > 0
      ? alternatives.map(summaryOf).join(' or ')
      : Array.isArray(values)
        ? `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`
        : [type ?? $ref ?? 'anything'].flat().join(' or ');
  return [
    name,
    typeof format === 'string' ? `(${format})` : '',
    typeof contentMediaType === 'string' ? contentMediaType : '',
    minimum !== undefined && maximum !== undefined ? `from ${String(minimum)} to ${String(maximum)}` : '',
    minimum !== undefined && maximum === undefined ? `of at least ${String(minimum)}` : '',
    minimum === undefined && maximum !== undefined ? `of at most ${String(maximum)}` : '',
    fallback !== undefined ? `(default ${JSON.stringify(fallback)})` : '',
  ]
    .filter(Boolean)
    .join(' ');
}
