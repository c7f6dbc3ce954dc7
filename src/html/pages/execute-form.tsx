import { headingOf, meaningOf } from '../components.js';
import { fieldName, formFields, TOKEN_FIELD, type FormField } from '../execute-form.js';
import { summaryOf } from '../schema-summary.js';
import { fieldFaults, type SentForm } from '../sent-form.js';
import { useAsksForToken } from '../visitor.js';

type Inputs = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What is wrong with the form that was sent; each leads to its control. */
export function FormFaults({ sent, inputs }: { sent: SentForm; inputs: Inputs }) {
  const fields = formFields(inputs);
  const meaning = meaningOf(sent.problem);
  return (
    <section class="notice" aria-labelledby="faults" role="alert">
      <h2 id="faults" class="first">
        {headingOf(sent.problem)}
      </h2>
      <p>Nothing was executed.</p>
      <ul>
        {fieldFaults(sent.problem, fields).map(({ pointer, message, field }) => (
          <li>
            {field === undefined ? (
              pointer && <code>{pointer}</code>
            ) : (
              <a href={`#${field}`}>{labelOf(field, fields, inputs)}</a>
            )}{' '}
            {message}
          </li>
        ))}
      </ul>
      {meaning && <p>{meaning}</p>}
    </section>
  );
}

function labelOf(field: string, fields: readonly FormField[], inputs: Inputs): string {
  const id = fields.find((one) => fieldName(one.id) === field)?.id;
  return id === undefined ? 'Token' : titleOf(inputs, id);
}

export function ExecuteForm({
  action,
  inputs,
  language,
  sent,
}: {
  action: string;
  inputs: Inputs;
  language?: string;
  sent?: SentForm;
}) {
  const fields = formFields(inputs);
  const faults = sent ? fieldFaults(sent.problem, fields) : [];
  const faultsOf = (name: string) => faults.filter(({ field }) => field === name).map(({ message }) => message);
  const asksForToken = useAsksForToken(faultsOf(TOKEN_FIELD).length > 0);
  return (
    <section aria-labelledby="execute">
      <h2 id="execute">Execute</h2>
      <p>Makes a job and shows it. What is left empty is not sent.</p>
      <form method="post" action={action} enctype="multipart/form-data">
        {fields.map((field) => {
          const name = fieldName(field.id);
          return (
            <div class="field">
              <label for={name} lang={language}>
                {titleOf(inputs, field.id)}
                {field.required ? ' (required)' : ''}
              </label>
              <Control
                field={sent ? { ...field, initial: sent.values[field.id] } : field}
                isWrong={faultsOf(name).length > 0}
              />
              <FieldFaults name={name} messages={faultsOf(name)} />
              <small id={`${name}.hint`}>{hint(field, inputs[field.id]?.['schema'])}</small>
            </div>
          );
        })}
        {asksForToken ? (
          <div class="field">
            <label for={TOKEN_FIELD}>Token</label>
            <input
              id={TOKEN_FIELD}
              name={TOKEN_FIELD}
              type="password"
              autocomplete="off"
              {...described(TOKEN_FIELD, faultsOf(TOKEN_FIELD).length > 0)}
            />
            <FieldFaults name={TOKEN_FIELD} messages={faultsOf(TOKEN_FIELD)} />
            <small id={`${TOKEN_FIELD}.hint`}>Only where the process asks for one.</small>
          </div>
        ) : null}
        <button type="submit">Execute</button>
      </form>
    </section>
  );
}

/** What is wrong with a control, beside it. */
function FieldFaults({ name, messages }: { name: string; messages: readonly string[] }) {
  return messages.length === 0 ? null : (
    <strong class="fault" id={`${name}.fault`}>
      {messages.join('; ')}
    </strong>
  );
}

/** What a control says of itself to those who do not see what stands beside it. */
function described(name: string, isWrong: boolean) {
  return isWrong
    ? { 'aria-invalid': 'true' as const, 'aria-describedby': `${name}.fault ${name}.hint` }
    : { 'aria-describedby': `${name}.hint` };
}

function Control({ field, isWrong }: { field: FormField; isWrong: boolean }) {
  const name = fieldName(field.id);
  const common = { id: name, name, required: field.required, ...described(name, isWrong) };
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

/** What an input is called. */
function titleOf(inputs: Inputs, id: string): string {
  const title = inputs[id]?.['title'];
  return typeof title === 'string' ? title : id;
}
