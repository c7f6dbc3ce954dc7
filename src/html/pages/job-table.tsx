import type { StatusInfoDto } from '../../jobs/model/status-info.dto.js';
import { Anchor, Status, Tags, Time, TitledLink, toShow } from '../components.js';
import { durationText } from '../browser/durations.js';
import { said } from '../texts/said/said.js';
import { useTexts } from '../texts/texts.js';

/** Name of the fields of what is sent to the address that dismisses jobs. */
export const DISMISSAL = { job: 'job', back: 'back', confirmed: 'confirmed', going: 'going' } as const;

interface Shown {
  readonly base: string;
  readonly titles: ReadonlyMap<string, string>;
  /** Of the interface. */
  readonly language: string;
  /** Of the titles of processes. */
  readonly textsLanguage: string | undefined;
  /** Where a tag leads. */
  readonly tagged: (tag: string) => string;
}

/** Jobs in one or two lines each, of which several can be chosen. @param back parameters of the list that they stand in */
export function JobTable({
  jobs,
  back,
  isDismissible,
  ...shown
}: Shown & {
  jobs: readonly StatusInfoDto[];
  back: string;
  isDismissible: (job: StatusInfoDto) => boolean;
}) {
  const t = useTexts();
  const chosen = new Set(jobs.filter(isDismissible));
  return (
    <form class="selection" method="post" action={`${shown.base}/jobs/dismissal`} data-key="selection">
      <input type="hidden" name={DISMISSAL.back} value={back} />
      <div class="scroll">
        <table class="stacked jobs" aria-label={t('list.jobs')}>
          <thead>
            <tr>
              {(['select', 'process', 'status', 'created', 'duration', 'message', 'more'] as const).map((column) => (
                <th scope="col">
                  <span class={column === 'select' || column === 'more' ? 'unseen' : undefined}>
                    {t(`list.${column}`)}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {jobs.map((job) => (
              <JobRow job={job} canBeChosen={chosen.has(job)} {...shown} />
            ))}
          </tbody>
        </table>
      </div>
      {chosen.size === 0 ? null : (
        <div class="submit">
          <button class="danger" type="submit">
            {t('list.dismissSelected')}
          </button>{' '}
          <small class="muted">{t('list.dismissNote')}</small>
        </div>
      )}
    </form>
  );
}

function JobRow({
  job,
  canBeChosen,
  base,
  titles,
  language,
  textsLanguage,
  tagged,
}: Shown & { job: StatusInfoDto; canBeChosen: boolean }) {
  const t = useTexts();
  const { jobID, processID = '', status, message, progress, created, owner, ownerIssuer, tags, links = [] } = job;
  const place = `${base}/jobs/${jobID}`;
  const title = titles.get(processID);
  return (
    <tr data-key={jobID}>
      <td class="select">
        {canBeChosen ? (
          <input type="checkbox" name={DISMISSAL.job} value={jobID} aria-label={t('list.selectJob', { id: jobID })} />
        ) : null}
      </td>
      <th scope="row">
        <Anchor href={place}>
          <span lang={title === undefined ? undefined : textsLanguage}>{title ?? (processID || jobID)}</span>
          <small class="id">{jobID}</small>
          {owner === undefined ? null : (
            <small class="muted" title={ownerIssuer}>
              {owner}
            </small>
          )}
        </Anchor>
        <Tags label={t('list.tagsOf', { id: jobID })} items={tags} hrefOf={tagged} />
      </th>
      <td data-label={t('list.status')}>
        <Status status={status} />
        {progress === undefined || status !== 'running' ? '' : ` ${progress} %`}
      </td>
      <td data-label={t('list.created')}>
        <Time at={created} />
      </td>
      <td data-label={t('list.duration')} class="nowrap">
        {tookOf(job, language)}
      </td>
      <td class="muted">{message === undefined ? null : <div class="clamped">{said(t, message)}</div>}</td>
      <td>
        <details data-key={`more-${jobID}`}>
          <summary aria-label={t('list.moreOf', { id: jobID })}>{t('list.more')}</summary>
          <ul class="links">
            {toShow(links, { exceptions: `${place}#cause` })
              .filter(({ rel }) => rel !== 'self')
              .map((link) => (
                <li>
                  <TitledLink link={link} />
                </li>
              ))}
          </ul>
        </details>
      </td>
    </tr>
  );
}

/** From its start to its end, or until now. */
function tookOf({ started, finished, status }: StatusInfoDto, language: string): string | undefined {
  if (started === undefined || (finished === undefined && status !== 'running')) return undefined;
  const end = finished === undefined ? Date.now() : Date.parse(finished);
  const took = end - Date.parse(started);
  return Number.isFinite(took) ? durationText(took, language) : undefined;
}
