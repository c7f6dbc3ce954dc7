import { JOB_VIEW, type ViewedJob } from '../../jobs/listing/job-view.js';
import { MOST_LINES } from '../browser/log-lines.js';
import { useTexts } from '../texts/texts.js';
import { goesOn } from './state.js';

/**
 * The last lines of the log of a job that goes on. A script fills them in, and goes on with them when the job has ended: no live region.
 * Without scripts a link leads to them.
 */
export function LogTail({ job, base }: { job: ViewedJob; base: string }) {
  const t = useTexts();
  const view = job[JOB_VIEW];
  if (!view || !goesOn(job)) return null;
  const address = `${base}/jobs/${job.jobID}/logs`;
  return (
    <section aria-labelledby="log-tail">
      <h2 id="log-tail">{t('job.log.heading')}</h2>
      {view.mayReadLog ? (
        <>
          <pre tabIndex={0} aria-labelledby="log-tail" hidden data-log={`${address}?tail=${MOST_LINES}`} />
          <p class="muted" hidden data-log-waits>
            {t('job.log.waiting')}
          </p>
          <p>
            <a href={address}>{t('job.log.so-far')}</a>
          </p>
        </>
      ) : (
        <p class="muted">{t('job.log.hidden')}</p>
      )}
    </section>
  );
}
