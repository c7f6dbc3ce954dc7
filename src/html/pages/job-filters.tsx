import type { ComponentChildren } from 'preact';
import type { ListView } from '../../jobs/listing/list-view.js';
import { CAUSE_TYPES } from '../../jobs/model/cause-types.js';
import type { PageContext } from '../../ogc/pages.js';
import type { Problem } from '../../ogc/problem.js';
import { daysOf, given, listQuery, TIME_FIELDS } from '../lists/job-filters.js';
import { useTexts } from '../texts/texts.js';
import { FaultTable } from './problems.js';

const STATUSES = ['accepted', 'running', 'successful', 'failed', 'dismissed'] as const;
const LIMITS = ['10', '50', '100', '1000'];
const PERIODS = { 'PT1H/..': 'lastHour', 'P1D/..': 'lastDay', 'P7D/..': 'lastWeek' } as const;
const ORDERS = {
  '': 'newest',
  created: 'oldest',
  started: 'firstStarted',
  '-started': 'lastStarted',
  finished: 'firstFinished',
  '-finished': 'lastFinished',
  duration: 'shortest',
  '-duration': 'longest',
  processID: 'byProcess',
} as const;

type Query = PageContext['query'];

/** How the list is sorted, in words. */
export function useOrder(query: Query): string {
  const t = useTexts();
  const order = given(query, 'sortby').join();
  return order in ORDERS ? t(`list.orders.${ORDERS[order as keyof typeof ORDERS]}`) : t('list.orderedBy', { order });
}

/** What is wrong with the parameters of a list; each leads to its field, where it has one. */
export function ListFaults({ problem }: { problem: Problem }) {
  const t = useTexts();
  const faults = problem.errors ?? [{ pointer: '', message: problem.detail ?? problem.title ?? '' }];
  return (
    <section class="notice" aria-labelledby="faults" role="alert">
      <h2 id="faults" class="first">
        {t('list.faults')}
      </h2>
      <FaultTable errors={faults} fieldOf={(pointer) => FIELDS[pointer]} />
    </section>
  );
}

/** Fields of parameters that are at fault. */
const FIELDS: Readonly<Record<string, string>> = {
  q: 'q',
  tag: 'tag',
  processID: 'processID',
  status: 'status',
  cause: 'cause',
  datetime: TIME_FIELDS.period,
  minDuration: 'minDuration',
  maxDuration: 'maxDuration',
  sortby: 'sortby',
  limit: 'limit',
};

/** The filters, which work without scripts: sent to an address that leads to the list. */
export function FilterForm({ base, query, view }: { base: string; query: Query; view: ListView }) {
  const t = useTexts();
  const first = (name: string) => given(query, name)[0] ?? '';
  const wrong = new Set(view.problem?.errors?.map(({ pointer }) => FIELDS[pointer]));
  const field = (name: string) => ({ id: name, name, ...(wrong.has(name) ? { 'aria-invalid': 'true' as const } : {}) });
  const days = daysOf(first('datetime'));
  const period = days ? '' : first('datetime');
  const { from, to, before, period: periodName } = TIME_FIELDS;
  const titles = new Map(view.processes.map(({ id, title }) => [id, title]));
  const processes = given(query, 'processID');
  return (
    <form class="filters" method="get" action={`${base}/jobs/filter`}>
      <fieldset id="status">
        <legend>{t('list.status')}</legend>
        <div class="checks">
          {STATUSES.map((status) => (
            <label>
              <input type="checkbox" name="status" value={status} checked={given(query, 'status').includes(status)} />
              {t(`common.status.${status}`)}
            </label>
          ))}
        </div>
      </fieldset>
      <Field name="q" label={t('list.text')}>
        <input {...field('q')} type="search" value={first('q')} maxLength={200} placeholder={t('list.textHint')} />
      </Field>
      <div class="field">
        <label for="tag">{t('list.tag')}</label>
        <input {...field('tag')} maxLength={64} />
        {given(query, 'tag').map((tag) => (
          <label class="chosen">
            <input type="checkbox" name="tag" value={tag} checked /> {tag}
          </label>
        ))}
      </div>
      <Field name="processID" label={t('list.process')}>
        <Choice
          {...field('processID')}
          chosen={processes.join()}
          options={[
            ['', t('list.anyProcess')],
            ...titles,
            [processes.join(), processes.map((id) => titles.get(id) ?? id).join()],
          ]}
        />
      </Field>
      <Field name="cause" label={t('list.cause')}>
        <Choice
          {...field('cause')}
          chosen={given(query, 'cause').join()}
          options={[
            ['', t('list.anyCause')],
            ...CAUSE_TYPES.map((cause) => [cause, t(`common.causes.${cause}`)] as const),
            [given(query, 'cause').join(), given(query, 'cause').join()],
          ]}
        />
      </Field>
      <Field name={periodName} label={t('list.created')}>
        <Choice
          {...field(periodName)}
          chosen={period}
          options={[
            ['', t('list.anyTime')],
            ...Object.entries(PERIODS).map(([value, name]) => [value, t(`list.${name}`)] as const),
            [period, period],
          ]}
        />
      </Field>
      <input type="hidden" name={before} value={period} />
      <Field name={from} label={t('list.from')}>
        <input {...field(from)} type="date" value={days?.from} />
      </Field>
      <Field name={to} label={t('list.to')}>
        <input {...field(to)} type="date" value={days?.to} />
      </Field>
      <Field name="minDuration" label={t('list.minDuration')}>
        <input {...field('minDuration')} type="number" min={0} value={first('minDuration')} />
      </Field>
      <Field name="maxDuration" label={t('list.maxDuration')}>
        <input {...field('maxDuration')} type="number" min={0} value={first('maxDuration')} />
      </Field>
      <Field name="sortby" label={t('list.order')}>
        <Choice
          {...field('sortby')}
          chosen={given(query, 'sortby').join()}
          options={[
            ...Object.entries(ORDERS).map(([value, name]) => [value, t(`list.orders.${name}`)] as const),
            [given(query, 'sortby').join(), given(query, 'sortby').join()],
          ]}
        />
      </Field>
      <Field name="limit" label={t('list.limit')}>
        <Choice
          {...field('limit')}
          chosen={first('limit')}
          options={[
            ['', t('list.usual')],
            ...LIMITS.map((limit) => [limit, limit] as const),
            [first('limit'), first('limit')],
          ]}
        />
      </Field>
      {['f', 'lang', 'type', 'owner'].map((name) =>
        first(name) ? <input type="hidden" name={name} value={given(query, name).join()} /> : null,
      )}
      <div class="submit">
        <button type="submit">{t('list.apply')}</button>{' '}
        {listQuery(query) === '' ? null : <a href={`${base}/jobs`}>{t('list.noFilters')}</a>}
      </div>
    </form>
  );
}

function Field({ name, label, children }: { name: string; label: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {children}
    </div>
  );
}

/** @param options value and text; one that is there already by its value is left out */
function Choice({
  chosen,
  options,
  ...select
}: {
  id: string;
  name: string;
  chosen: string;
  options: readonly (readonly [value: string, text: string])[];
}) {
  const unique = options.filter(([value], at) => options.findIndex(([other]) => other === value) === at);
  return (
    <select {...select}>
      {unique.map(([value, text]) => (
        <option value={value} selected={value === chosen}>
          {text}
        </option>
      ))}
    </select>
  );
}
