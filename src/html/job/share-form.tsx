import { JOB_VIEW, type ViewedJob } from '../../jobs/listing/job-view.js';
import { SHARED } from '../../ogc/requests/share.js';
import { TOKEN_FIELD } from '../execute-form.js';
import { useTexts } from '../texts/texts.js';

/** Names of the form's fields. */
export const SHARE_FORM = { for: 'for', days: 'days' } as const;
/** Days that are filled in. */
const USUAL = 7;

/** Makes a link for others, for who may. What is typed stays while the job goes on: nothing may come or go before a control. */
export function ShareForm({ job, base }: { job: ViewedJob; base: string }) {
  const t = useTexts();
  const sharing = job[JOB_VIEW]?.sharing;
  if (!sharing) return null;
  const { maxDays, needsToken } = sharing;
  return (
    <details id="share">
      <summary>{t('job.share.heading')}</summary>
      <p>{t('job.share.note')}</p>
      <form method="post" action={`${base}/jobs/${job.jobID}/share`}>
        <div class="field">
          <label for="share.for">{t('job.share.what')}</label>
          <select id="share.for" name={SHARE_FORM.for}>
            {SHARED.map((what) => (
              <option value={what}>{t(`job.share.${what}`)}</option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="share.days">{t('job.share.days')}</label>
          <input
            id="share.days"
            name={SHARE_FORM.days}
            type="number"
            min={1}
            max={maxDays}
            value={Math.min(USUAL, maxDays)}
            required
          />
        </div>
        {needsToken ? (
          <div class="field">
            <label for="share.token">{t('job.dismissal.token')}</label>
            <input id="share.token" name={TOKEN_FIELD} type="password" autocomplete="off" />
            <small>{t('job.dismissal.token-hint')}</small>
          </div>
        ) : null}
        <button type="submit">{t('job.share.make')}</button>
      </form>
    </details>
  );
}
