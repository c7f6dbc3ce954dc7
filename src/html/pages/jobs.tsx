import { type JobListResource, LIST_VIEW, type ListView } from '../../jobs/listing/list-view.js';
import type { Count } from '../../jobs/listing/job-lists.js';
import type { StatusInfoDto } from '../../jobs/model/status-info.dto.js';
import type { PageContext } from '../../ogc/pages.js';
import { PageLinks, LinkList } from '../components.js';
import { countSet, listQuery } from '../lists/job-filters.js';
import { isOffered } from '../offers.js';
import type { PageMaker } from '../page.js';
import { SignInToSee } from '../visitor.js';
import { said } from '../texts/said/said.js';
import { useTexts } from '../texts/texts.js';
import { FilterForm, ListFaults, useOrder } from './job-filters.js';
import { JobTable } from './job-table.js';

const NO_VIEW: ListView = { processes: [] };

export const jobsPage: PageMaker<JobListResource> = (list, context) => {
  const { jobs, links, numberMatched, incomplete, [LIST_VIEW]: view = NO_VIEW } = list;
  const { base, query, t, interfaceLanguage = 'en' } = context;
  return {
    title: t('list.title'),
    links,
    scripts: ['jobs'],
    content: (
      <>
        <h1>{t('list.title')}</h1>
        {view.problem ? <ListFaults problem={view.problem} /> : null}
        {view.counts ? <Counts base={base} query={query} counts={view.counts} language={interfaceLanguage} /> : null}
        <details class="filterbox" open={view.problem !== undefined}>
          <summary>
            {countSet(query) === 0 ? t('list.filters') : t('list.filtersSet', { count: countSet(query) })}
          </summary>
          <FilterForm base={base} query={query} view={view} />
        </details>
        {view.problem ? null : (
          <div data-live="range">
            {incomplete === undefined ? null : <p class="notice">{said(t, incomplete)}</p>}
            <Range
              matched={numberMatched}
              returned={jobs.length}
              skipped={view.skipped}
              query={query}
              language={interfaceLanguage}
            />
          </div>
        )}
        {jobs.some(({ message }) => message === undefined) ? <SignInToSee base={base} what="seeMessages" /> : null}
        <div data-live="jobs">
          {jobs.length === 0 ? null : (
            <JobTable
              base={base}
              jobs={jobs.map((job) => (isOffered(context, 'logs', job.processID) ? job : withoutLog(job)))}
              isDismissible={(job) => isOffered(context, 'dismiss', job.processID)}
              titles={new Map(view.processes.map(({ id, title }) => [id, title]))}
              language={interfaceLanguage}
              textsLanguage={context.language ?? context.languages[0]}
              back={listQuery(query)}
              tagged={(tag) => `${base}/jobs${listQuery(query, { tag })}`}
            />
          )}
        </div>
        <div data-live="pages">
          <PageLinks links={links} />
        </div>
        <LinkList links={links} />
      </>
    ),
  };
};

function withoutLog(job: StatusInfoDto): StatusInfoDto {
  return { ...job, links: (job.links ?? []).filter(({ rel }) => rel !== 'log') };
}

function Range({
  matched,
  returned,
  skipped,
  query,
  language,
}: {
  matched: number | undefined;
  returned: number;
  skipped: number | undefined;
  query: PageContext['query'];
  language: string;
}) {
  const t = useTexts();
  const order = useOrder(query);
  if (matched === 0 || (matched === undefined && returned === 0)) return <p>{t('list.none')}</p>;
  const number = (value: number) => value.toLocaleString(language);
  const places = skipped === undefined ? number(returned) : `${number(skipped + 1)}–${number(skipped + returned)}`;
  const shown = returned === 0 ? '0' : places;
  return (
    <p>
      {matched === undefined
        ? t('list.rangeOfMany', { shown, order })
        : t('list.range', { count: matched, shown, all: number(matched), order })}
    </p>
  );
}

const STATUSES = ['accepted', 'running', 'successful', 'failed', 'dismissed'] as const;

/** How many jobs there are in each state, each a link to them. */
function Counts({
  base,
  query,
  counts,
  language,
}: {
  base: string;
  query: PageContext['query'];
  counts: NonNullable<ListView['counts']>;
  language: string;
}) {
  const t = useTexts();
  const asked = { status: [query['status'] ?? ''].flat().join(), cause: [query['cause'] ?? ''].flat().join() };
  const link = (text: string, count: Count, to: { status: string; cause: string }, name = '') => (
    <li>
      <a
        href={`${base}/jobs${listQuery(query, to)}`}
        class={name && `status ${name}`}
        aria-current={asked.status === to.status && asked.cause === to.cause ? 'true' : undefined}
      >
        {text} <b>{count === 'many' ? t('list.many') : count.toLocaleString(language)}</b>
      </a>
    </li>
  );
  const causes = Object.entries(counts.causes).sort(([, a], [, b]) => b - a);
  return (
    <nav aria-label={t('list.byStatus')} data-live="counts">
      <ul class="tags counts">
        {link(t('list.all'), counts.all, { status: '', cause: '' })}
        {STATUSES.map((status) =>
          link(t(`common.status.${status}`), counts.statuses[status] ?? 0, { status, cause: '' }, status),
        )}
      </ul>
      {causes.length === 0 ? null : (
        <ul class="tags counts" aria-label={t(counts.isOfAll ? 'list.byCauseInCluster' : 'list.byCause')}>
          {counts.isOfAll ? <li>{t('list.inCluster')}</li> : null}
          {causes.map(([cause, count]) =>
            link(t(`common.causes.${cause as keyof typeof counts.causes}`), count, { status: '', cause }),
          )}
        </ul>
      )}
    </nav>
  );
}
