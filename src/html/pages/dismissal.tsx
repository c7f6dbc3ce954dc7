import type { StatusInfoDto } from '../../jobs/model/status-info.dto.js';
import { Anchor, Status, Table, Time } from '../components.js';
import { TOKEN_FIELD } from '../execute-form.js';
import type { PageMaker } from '../page.js';
import { said } from '../texts/said/said.js';
import { useTexts } from '../texts/texts.js';
import { useAsksForToken } from '../visitor.js';
import { DISMISSAL } from './job-table.js';

/** Several jobs that are to be dismissed, before it is confirmed or after. */
export interface DismissalResource {
  /** What can be told of them to everybody. */
  readonly jobs: readonly (Pick<StatusInfoDto, 'jobID'> &
    Partial<Pick<StatusInfoDto, 'processID' | 'status' | 'created'>>)[];
  /** Parameters of the list that they stand in. */
  readonly back: string;
  /** What came of it; undefined: nobody has confirmed it. */
  readonly outcome?: {
    readonly done: number;
    /** Why those that are left were not dismissed, by their ids. */
    readonly reasons: ReadonlyMap<string, string>;
  };
}

export const dismissalPage: PageMaker<DismissalResource> = ({ jobs, back, outcome }, { base, t }) => {
  const title = t(outcome ? 'list.refused' : 'list.confirm');
  return {
    title,
    content: (
      <>
        <h1>{title}</h1>
        {outcome ? (
          <div class="notice" role="alert">
            {outcome.done > 0 ? <p>{t('list.done', { count: outcome.done })}</p> : null}
            <p>{t('list.refusedNote')}</p>
          </div>
        ) : (
          <p>{t('list.confirmNote')}</p>
        )}
        <Table heads={[t('list.process'), t('list.status'), t('list.created'), ...(outcome ? [t('list.why')] : [])]}>
          {jobs.map(({ jobID, processID, status, created }) => (
            <tr>
              <th scope="row">
                <Anchor href={`${base}/jobs/${jobID}`}>
                  {processID} <small class="id">{jobID}</small>
                </Anchor>
              </th>
              <td data-label={t('list.status')}>{status && <Status status={status} />}</td>
              <td data-label={t('list.created')}>
                <Time at={created} />
              </td>
              {outcome ? <td data-label={t('list.why')}>{said(t, outcome.reasons.get(jobID) ?? '')}</td> : null}
            </tr>
          ))}
        </Table>
        <Confirmation base={base} jobs={jobs} back={back} again={outcome !== undefined} />
        <p>
          <a href={`${base}/jobs${back}`}>{t(outcome ? 'list.backDone' : 'list.back')}</a>
        </p>
      </>
    ),
  };
};

function Confirmation({ base, jobs, back, again }: DismissalResource & { base: string; again: boolean }) {
  const t = useTexts();
  const asksForToken = useAsksForToken(again);
  return (
    <form method="post" action={`${base}/jobs/dismissal`}>
      {jobs.map(({ jobID, status }) => (
        <>
          <input type="hidden" name={DISMISSAL.job} value={jobID} />
          {status === 'accepted' || status === 'running' ? (
            <input type="hidden" name={DISMISSAL.going} value={jobID} />
          ) : null}
        </>
      ))}
      <input type="hidden" name={DISMISSAL.back} value={back} />
      <input type="hidden" name={DISMISSAL.confirmed} value="yes" />
      {asksForToken ? (
        <div class="field">
          <label for={TOKEN_FIELD}>{t('list.token')}</label>
          <input id={TOKEN_FIELD} name={TOKEN_FIELD} type="password" autocomplete="off" aria-describedby="token.hint" />
          <small id="token.hint">{t('list.tokenHint')}</small>
        </div>
      ) : null}
      <button class="danger" type="submit">
        {again ? t('list.again') : t('list.dismiss', { count: jobs.length })}
      </button>
    </form>
  );
}
