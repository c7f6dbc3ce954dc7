import { headingOf, MeaningLink } from '../components.js';
import { readParts } from '../browser/form/form-reading.js';
import { formOf, TOKEN_FIELD, ways } from '../execute-form.js';
import { FieldFaults } from '../forms/field.js';
import { fillForm, initialValues } from '../forms/fill-form.js';
import { described, elementId, FormView, linkTo, useView, View } from '../forms/form-view.js';
import { InputField, titleOf } from '../forms/input-field.js';
import { MoreOptions } from '../forms/more-options.js';
import { RequestSnippets } from '../forms/request-snippets.js';
import { controlName } from '../browser/form/form-shape.js';
import { fieldFaults, type FilledForm, FILLED_FORM, type ProcessPageResource } from '../sent-form.js';
import { FORM_SOURCE, FormSourceNote } from '../job/form-source.js';
import type { FormTexts } from '../browser/form.js';
import { backgroundData, type MapBackground } from '../results/map-view.js';
import { problemTypeIn } from '../texts/problem-types.js';
import { languageOf, said } from '../texts/said/said.js';
import { useTexts } from '../texts/texts.js';
import { useAsksForToken } from '../visitor.js';

interface FormProps {
  readonly process: ProcessPageResource;
  readonly base: string;
  /** Of maps to draw on. */
  readonly background: MapBackground | undefined;
}

/** The form, and before it what is wrong with it where it was sent. */
export function ExecuteSection({ process, base, background, language }: FormProps & { language: string | undefined }) {
  const t = useTexts();
  const { [FILLED_FORM]: filled, [FORM_SOURCE]: source } = process;
  const form = formOf(process);
  const values = filled?.values ?? initialValues(form, process.inputs);
  const faults = filled?.problem ? fieldFaults(filled.problem, form, values) : [];
  const view = new FormView(form, values, faults, language);
  return (
    <View.Provider value={view}>
      <section aria-labelledby="execute">
        {source ? <FormSourceNote source={source} base={base} /> : null}
        {filled ? <Outcome filled={filled} process={process} faults={faults} /> : null}
        <h2 id="execute">{t('form.execute')}</h2>
        <p>{t('form.intro')}</p>
        <ExecuteForm process={process} base={base} background={background} />
      </section>
    </View.Provider>
  );
}

/** What is known of a filled form; each fault leads to its control. */
function Outcome({
  filled: { problem, isValid, anew = [] },
  process: { inputs },
  faults,
}: {
  filled: FilledForm;
  process: ProcessPageResource;
  faults: ReturnType<typeof fieldFaults>;
}) {
  const t = useTexts();
  if (problem) {
    const heading = problemTypeIn(t('common.language'), problem.type)?.title ?? headingOf(problem);
    return (
      <section class="notice" aria-labelledby="faults" role="alert">
        <h2 id="faults" class="first">
          {heading}
        </h2>
        <p>{t('form.nothingExecuted')}</p>
        <ul>
          {faults.map(({ pointer, message, field }) => (
            <li>
              {field === undefined ? (
                pointer && <code>{pointer}</code>
              ) : (
                <a href={linkTo(field)}>{labelOf(field, pointer, inputs, t('form.token'))}</a>
              )}{' '}
              <span lang={languageOf(t, message)}>{said(t, message)}</span>
            </li>
          ))}
        </ul>
        {/^https?:/.test(problem.type) ? (
          <p>
            <MeaningLink problem={problem} />
          </p>
        ) : null}
      </section>
    );
  }
  return (
    <>
      {isValid ? (
        <p class="notice good" role="status">
          {t('form.valid')}
        </p>
      ) : null}
      {anew.length > 0 ? (
        <section class="notice" aria-labelledby="anew" role="status">
          <h2 id="anew" class="first">
            {t('form.anew')}
          </h2>
          <ul>
            {anew.map((pointer) => {
              const id = idOf(pointer);
              return (
                <li>
                  <a href={linkTo(controlName([id]))}>{titleOf(id, inputs[id])}</a> <code>{pointer}</code>
                </li>
              );
            })}
          </ul>
        </section>
      ) : null}
    </>
  );
}

function labelOf(field: string, pointer: string, inputs: ProcessPageResource['inputs'], token: string): string {
  if (field === TOKEN_FIELD) return token;
  const id = idOf(pointer);
  return field.startsWith('more.') ? pointer : titleOf(id, Object.hasOwn(inputs, id) ? inputs[id] : {});
}

/** Of the input that a JSON Pointer into a request leads to. */
function idOf(pointer: string): string {
  return (pointer.split('/')[2] ?? '').replaceAll('~1', '/').replaceAll('~0', '~');
}

function ExecuteForm({ process, base, background }: FormProps) {
  const t = useTexts();
  const { form } = useView();
  const { id, inputs, outputs, example } = process;
  const examples = (example?.['inputs'] ?? {}) as Readonly<Record<string, unknown>>;
  const program = useProgram(process, base);
  return (
    <form
      method="post"
      action={`${base}/processes/${encodeURIComponent(id)}/form`}
      enctype="multipart/form-data"
      data-form={JSON.stringify(form, (key, value: unknown) => (key === 'schema' ? undefined : value))}
      data-process={JSON.stringify({
        base,
        processId: id,
        hasToken: program.needsToken,
        modes: process.jobControlOptions,
      })}
      data-texts={JSON.stringify({
        add: t('form.add'),
        copy: t('form.copy'),
        copied: t('form.copied'),
        draw: t('map.draw'),
        shapes: { box: t('map.box'), point: t('map.point'), line: t('map.line'), polygon: t('map.polygon') },
      } satisfies FormTexts)}
      data-background={JSON.stringify(backgroundData(background, t))}
    >
      <TokenField />
      {form.inputs.map((input) => (
        <InputField
          input={input}
          description={inputs[input.id] ?? {}}
          example={Object.hasOwn(examples, input.id) ? examples[input.id] : undefined}
        />
      ))}
      <MoreOptions outputs={outputs} modes={process.jobControlOptions} transmission={process.outputTransmission} />
      <div class="buttons">
        <button type="submit">{t('form.submit')}</button>
        <button type="submit" name="check" value="true" class="plain">
          {t('form.check')}
        </button>
        {example ? (
          <button type="submit" name="example" value="true" class="plain" formNoValidate>
            {t('form.fillIn')}
          </button>
        ) : null}
      </div>
      <RequestSnippets {...program} />
    </form>
  );
}

/** First, so that it comes before files. */
function TokenField() {
  const view = useView();
  const t = useTexts();
  if (!useAsksForToken(view.faultsOf(TOKEN_FIELD).length > 0)) return null;
  return (
    <div class="field">
      <label for={TOKEN_FIELD}>{t('form.token')}</label>
      <input
        id={TOKEN_FIELD}
        name={TOKEN_FIELD}
        type="password"
        autocomplete="off"
        {...described(TOKEN_FIELD, view.faultsOf(TOKEN_FIELD).length > 0)}
      />
      <FieldFaults name={TOKEN_FIELD} />
      <small id={`hint:${elementId(TOKEN_FIELD)}`}>{t('form.tokenHint')}</small>
    </div>
  );
}

/** The request as it is filled in; the example where nothing was. */
function useProgram({ id, example, inputs, jobControlOptions, ...process }: ProcessPageResource, base: string) {
  const view = useView();
  const hasToken = Object.hasOwn(inputs, TOKEN_FIELD);
  const isFilled = process[FILLED_FORM] !== undefined || !example;
  const { request } = isFilled
    ? readParts(view.form, view.parts, ways)
    : readParts(
        view.form,
        [...fillForm(view.form, example).values].flatMap(([name, texts]) => texts.map((text) => ({ name, text }))),
        ways,
      );
  const { mode, ...others } = request;
  const isAsync = mode !== 'sync' && jobControlOptions.includes('async-execute');
  return {
    base,
    processId: id,
    request: others,
    mode: isAsync ? ('async' as const) : ('sync' as const),
    needsToken: hasToken,
  };
}
