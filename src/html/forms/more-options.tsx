import { SUBSCRIBER } from '../browser/form/form-reading.js';
import { useTexts } from '../texts/texts.js';
import { FieldFaults } from './field.js';
import { described, elementId, useView } from './form-view.js';
import { titleOf } from './input-field.js';

type Descriptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What a request says beside the inputs: which outputs, how they come, who is told. */
export function MoreOptions({
  outputs,
  modes,
  transmission,
}: {
  outputs: Descriptions;
  /** `jobControlOptions` of the process. */
  modes: readonly string[];
  transmission: readonly string[];
}) {
  const view = useView();
  const t = useTexts();
  const hasAnything = [...FIELDS, ...view.form.outputs.map((id) => `more.output.${id}`)].some(
    (name) => view.has(name) || view.faultsOf(name).length > 0,
  );
  const canBoth = modes.includes('sync-execute') && modes.includes('async-execute');
  return (
    <details class="more" open={hasAnything}>
      <summary>{t('form.more')}</summary>
      {canBoth ? (
        <Choice
          name="more.mode"
          legend={t('form.mode')}
          choices={[
            ['', t('form.async')],
            ['sync', t('form.sync')],
          ]}
        />
      ) : null}
      {view.form.outputs.length > 0 ? <Outputs outputs={outputs} transmission={transmission} /> : null}
      <Choice
        name="more.response"
        legend={t('form.response')}
        choices={[
          ['', t('form.unsaid')],
          ['raw', t('form.raw')],
          ['document', t('form.document')],
        ]}
      />
      <fieldset class="field">
        <legend>{t('form.subscriber')}</legend>
        {SUBSCRIBER.map((event) => (
          <Line
            name={`more.subscriber.${event}`}
            type="url"
            label={t(`form.${event}`)}
            hint={t('form.subscriberHint')}
          />
        ))}
      </fieldset>
      <Line name="more.tags" type="lines" label={t('form.tags')} hint={t('form.tagsHint')} />
      <Line name="more.inputs.json" type="json" label={t('form.otherInputs')} hint={t('form.otherInputsHint')} />
      <Line name="more.outputs.json" type="json" label={t('form.otherOutputs')} hint={t('form.otherOutputsHint')} />
    </details>
  );
}

const FIELDS = [
  'more.mode',
  'more.response',
  'more.outputs',
  'more.tags',
  'more.inputs.json',
  'more.outputs.json',
  ...SUBSCRIBER.map((event) => `more.subscriber.${event}`),
];

function Choice({
  name,
  legend,
  choices,
}: {
  name: string;
  legend: string;
  choices: readonly (readonly [value: string, label: string])[];
}) {
  const value = useView().textOf(name) ?? '';
  const isKnown = choices.some(([one]) => one === value);
  return (
    <fieldset id={name} class="field" tabIndex={-1}>
      <legend>{legend}</legend>
      <div class="checks">
        {choices.map(([one, label]) => (
          <label>
            <input type="radio" name={name} value={one} checked={isKnown ? one === value : one === ''} />
            {label}
          </label>
        ))}
      </div>
      <FieldFaults name={name} />
    </fieldset>
  );
}

function Outputs({ outputs, transmission }: { outputs: Descriptions; transmission: readonly string[] }) {
  const view = useView();
  const t = useTexts();
  return (
    <fieldset id="more.outputs" class="field" tabIndex={-1}>
      <legend>{t('form.chooseOutputs')}</legend>
      <FieldFaults name="more.outputs" />
      <small>{t('form.outputsHint')}</small>
      {Object.entries(outputs).map(([id, output]) => {
        const mode = view.textOf(`more.transmission.${id}`);
        return (
          <div class="checks">
            <label>
              <input type="checkbox" name={`more.output.${id}`} value="on" checked={view.has(`more.output.${id}`)} />
              <span lang={view.language}>{titleOf(id, output)}</span>
            </label>
            {transmission.length > 1 ? (
              <select
                name={`more.transmission.${id}`}
                aria-label={t('form.transmission', { output: titleOf(id, output) })}
              >
                <option value="">–</option>
                {transmission.map((one) => (
                  <option value={one} selected={one === mode}>
                    {one === 'value' ? t('form.byValue') : one === 'reference' ? t('form.byReference') : one}
                  </option>
                ))}
              </select>
            ) : null}
          </div>
        );
      })}
    </fieldset>
  );
}

function Line({
  name,
  type,
  label,
  hint,
}: {
  name: string;
  type: 'url' | 'json' | 'lines';
  label: string;
  hint: string;
}) {
  const view = useView();
  const value = view.textOf(name);
  const common = { id: elementId(name), name, ...described(name, view.faultsOf(name).length > 0) };
  return (
    <div class="field">
      <label for={elementId(name)}>{label}</label>
      {type !== 'url' ? (
        <textarea {...common} rows={2} spellcheck={false}>
          {value ?? ''}
        </textarea>
      ) : (
        <input {...common} type="url" value={value} placeholder="https://" autocomplete="off" />
      )}
      <FieldFaults name={name} />
      <small id={`hint:${elementId(name)}`}>{hint}</small>
    </div>
  );
}
