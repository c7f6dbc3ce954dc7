import { JOB_VIEW, type ViewedJob } from '../../jobs/listing/job-view.js';
import { EXECUTED_NOTEBOOK } from '../../jobs/results/pages/executed-notebook.js';
import { withShare } from '../../ogc/requests/share.js';
import { LinkList, toShow } from '../components.js';
import { Attempts } from '../job/attempts.js';
import { Cause, ResultProblems } from '../job/cause.js';
import { Deliveries } from '../job/deliveries.js';
import { Dismissal } from '../job/dismissal.js';
import { JobFacts } from '../job/facts.js';
import { Inputs } from '../job/inputs.js';
import { LogTail } from '../job/log-tail.js';
import { Outputs } from '../job/outputs.js';
import { ShareForm } from '../job/share-form.js';
import { goesOn, JobState } from '../job/state.js';
import { TimeLine } from '../job/steps.js';
import { NotebookSection } from '../notebook/notebook.js';
import type { PageMaker, PageMaking } from '../page.js';
import { isOffered } from '../offers.js';
import { SignInToSee } from '../visitor.js';

/** Seconds between looks at a job that goes on, of browsers without scripts. */
const REFRESH = 5;

/** The parts that may change are live regions, there from the first: a script brings them up to date and leaves all else alone. */
export const jobPage: PageMaker<ViewedJob> = (status, making) => {
  const job = withLinks(status, making);
  const { base, t, interfaceLanguage: language = 'en', problemType, share } = making;
  const { jobID, processID, cause, links = [] } = job;
  const isUnderWay = goesOn(job);
  const again =
    !share &&
    processID &&
    isOffered(making, 'execute', processID) &&
    `${base}/processes/${encodeURIComponent(processID)}?from=${encodeURIComponent(jobID)}#execute`;
  return {
    title: t('job.title', { job: jobID }),
    links,
    ...(isUnderWay ? { refresh: REFRESH, scripts: ['job'] } : {}),
    content: (
      <>
        <h1>{t('job.heading')}</h1>
        <p class="id muted">{jobID}</p>
        <JobState job={job} language={language} />
        {job.message === undefined ? <SignInToSee base={base} what="seeStatus" /> : null}
        {job[JOB_VIEW]?.mayReadLog === false ? <SignInToSee base={base} what="seeLog" /> : null}
        {isUnderWay ? <Following job={job} t={t} /> : null}
        <Cause job={job} base={base} language={language} typeNamed={problemType} />
        <ResultProblems job={job} />
        <Outputs job={job} making={making} />
        {again ? (
          <p>
            <a href={again}>{t('job.again')}</a>
          </p>
        ) : null}
        {share ? null : <LogTail job={job} base={base} />}
        <TimeLine job={job} />
        {share ? null : <Inputs job={job} language={language} />}
        <JobFacts job={job} base={base} />
        <Attempts job={job} base={base} hasLogs={isOffered(making, 'logs', processID)} />
        <Deliveries job={job} />
        <div data-live="notebook">
          <ExecutedNotebook job={job} making={making} />
        </div>
        <div data-live="links">
          <LinkList links={cause ? toShow(links, { exceptions: '#cause' }) : links} />
        </div>
        {share ? null : <ShareForm job={job} base={base} />}
        {!share && isOffered(making, 'dismiss', processID) ? <Dismissal job={job} base={base} /> : null}
      </>
    ),
  };
};

/** Without those that lead where who asks may not go. */
function withLinks(job: ViewedJob, making: PageMaking): ViewedJob {
  if (isOffered(making, 'logs', job.processID)) return job;
  return { ...job, links: (job.links ?? []).filter(({ rel }) => rel !== 'log') };
}

/** What a job that goes on is followed by: without scripts the page is loaded again, with them they say aloud what its status becomes. */
function Following({ job, t }: { job: ViewedJob } & Pick<PageMaking, 't'>) {
  return (
    <>
      <noscript>
        <p class="muted">{t('job.looks-again', { count: REFRESH })}</p>
      </noscript>
      <p class="unseen" role="status" data-job={job.jobID} data-announced={t('job.announced')} />
      <p class="notice" hidden data-gone>
        {t('job.gone')}
      </p>
    </>
  );
}

function ExecutedNotebook({ job, making: { base, t, share } }: { job: ViewedJob; making: PageMaking }) {
  const executed = job[EXECUTED_NOTEBOOK];
  if (!executed) return null;
  const raw = withShare(`${base}/jobs/${job.jobID}/results/${encodeURIComponent(executed.outputId)}`, share);
  return executed.html === undefined ? (
    <p>
      {t('job.notebook.unseen')} <a href={raw}>{t('job.notebook.open')}</a>
    </p>
  ) : (
    <NotebookSection html={executed.html} raw={raw} />
  );
}
