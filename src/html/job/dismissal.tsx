import type { ViewedJob } from '../../jobs/listing/job-view.js';
import { DISMISS, DISMISSAL_FIELD, TOKEN_FIELD } from '../execute-form.js';
import { useTexts } from '../texts/texts.js';
import { useAsksForToken } from '../visitor.js';
import { goesOn } from './state.js';

/** Its labels change when the job ends; what is typed stays, so that nothing may come or go before a control. */
export function Dismissal({ job, base }: { job: ViewedJob; base: string }) {
  const t = useTexts();
  const asksForToken = useAsksForToken();
  const what = goesOn(job) ? 'dismiss' : 'remove';
  return (
    <div data-live="dismissal">
      <details id="dismissal">
        <summary>{t(`job.dismissal.${what}-job`)}</summary>
        <form method="post" action={`${base}/jobs/${job.jobID}/dismissal`}>
          {asksForToken ? (
            <div class="field">
              <label for={TOKEN_FIELD}>{t('job.dismissal.token')}</label>
              <input id={TOKEN_FIELD} name={TOKEN_FIELD} type="password" autocomplete="off" />
              <small>{t('job.dismissal.token-hint')}</small>
            </div>
          ) : null}
          <button class="danger" type="submit">
            {t(`job.dismissal.${what}`)}
          </button>
          {goesOn(job) ? <input type="hidden" name={DISMISSAL_FIELD} value={DISMISS} /> : null}
        </form>
      </details>
    </div>
  );
}
