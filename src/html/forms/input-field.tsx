import { isSecretName } from '../../processes/schema/secrets.js';
import { controlName, type InputShape } from '../browser/form/form-shape.js';
import { useTexts } from '../texts/texts.js';
import { Field, FieldFaults } from './field.js';
import { described, elementId, useView } from './form-view.js';
import { shortJson } from './schema-words.js';

type Members = Readonly<Record<string, unknown>>;

/** An input of the process, with all ways to give it. */
export function InputField({
  input,
  description,
  example,
}: {
  input: InputShape;
  description: Members;
  example: unknown;
}) {
  const { id, shape } = input;
  const { minOccurs = 1, title, description: text } = description;
  const isSecret = isSecretName(id);
  return (
    <Field
      shape={shape}
      name={controlName([id])}
      title={titleOf(id, description)}
      id={typeof title === 'string' ? id : undefined}
      description={typeof text === 'string' ? text : undefined}
      isRequired={Number(minOccurs) > 0 && input.initial === undefined}
      isSecret={isSecret}
      example={shortJson(example)}
    >
      <OtherWays input={input} isSecret={isSecret} />
    </Field>
  );
}

/** What an input is called. */
export function titleOf(id: string, { title }: Members = {}): string {
  return typeof title === 'string' ? title : id;
}

/** A file, an address, JSON. */
function OtherWays({ input: { id, shape }, isSecret }: { input: InputShape; isSecret: boolean }) {
  const view = useView();
  const t = useTexts();
  const name = controlName([id]);
  const [href, json] = [`${name}.href`, `${name}.json`];
  const isOpen = [href, json].some((way) => view.has(way) || view.faultsOf(way).length > 0);
  const isJson = shape.kind === 'json' || shape.kind === 'geometry';
  return (
    <details open={isOpen}>
      <summary>{t('form.otherWays')}</summary>
      <div class="ways">
        <label>
          {t('form.file')}
          <input
            type="file"
            name={name}
            id={`file:${elementId(name)}`}
            multiple={['lines', 'choices', 'repeat'].includes(shape.kind)}
          />
        </label>
        <div class="field">
          <label for={elementId(href)}>{t('form.address')}</label>
          <input
            type="url"
            id={elementId(href)}
            name={href}
            value={view.textOf(href)}
            placeholder="https://"
            autocomplete="off"
            {...described(href, view.faultsOf(href).length > 0)}
          />
          <FieldFaults name={href} />
          <small id={`hint:${elementId(href)}`}>{t('form.addressHint')}</small>
        </div>
        {isJson ? null : (
          <div class="field">
            <label for={elementId(json)}>{t('form.json')}</label>
            <textarea
              id={elementId(json)}
              name={json}
              rows={4}
              spellcheck={false}
              data-secret={isSecret ? 'true' : undefined}
              {...described(json, view.faultsOf(json).length > 0)}
            >
              {view.textOf(json) ?? ''}
            </textarea>
            <FieldFaults name={json} />
            <small id={`hint:${elementId(json)}`}>{t('form.jsonHint')}</small>
          </div>
        )}
      </div>
    </details>
  );
}
