import type { LogPageResource } from '../../jobs/logs/log-page.js';
import { Anchor, LinkList } from '../components.js';
import { LogView } from '../log/log-view.js';
import type { PageMaker } from '../page.js';

export const logPage: PageMaker<LogPageResource> = ({ jobID, logs, attempts, links }, { base, t }) => {
  const job = `${base}/jobs/${jobID}`;
  const [first, second] = logs;
  const single = first?.attempt ?? 1;
  return {
    title: t('log.title', { job: jobID }),
    links,
    scripts: ['log'],
    content: (
      <>
        <h1>{t('log.heading')}</h1>
        <p class="id muted">
          {t('results.of-job')} <Anchor href={job}>{jobID}</Anchor>
        </p>
        {attempts.length < 2 ? null : (
          <form method="get" action={`${job}/logs`} class="filters">
            <input type="hidden" name="f" value="html" />
            <div class="field">
              <label for="attempt">{t('log.attempt')}</label>
              <select id="attempt" name="attempt">
                {attempts.map((attempt) => (
                  <option value={String(attempt)} selected={attempt === single}>
                    {attempt}
                  </option>
                ))}
              </select>
            </div>
            <div class="field">
              <label for="beside">{t('log.beside')}</label>
              <select id="beside" name="beside">
                <option value="">–</option>
                {attempts.map((attempt) => (
                  <option value={String(attempt)} selected={attempt === second?.attempt}>
                    {attempt}
                  </option>
                ))}
              </select>
            </div>
            <button type="submit">{t('log.show')}</button>
          </form>
        )}
        <div class="log-tools">
          <label>
            <input type="checkbox" id="wrap" checked /> {t('log.wrap')}
          </label>
          <a href={`${job}/logs?f=text&attempt=${single}`} download={`${jobID}.log`}>
            {t('log.download')}
          </a>
          <span class="search" data-search={t('log.search')} data-found={t('log.found')} data-next={t('log.next')} />
        </div>
        <div class={logs.length > 1 ? 'logs beside' : 'logs'}>
          {logs.map((log) => (
            <LogView log={log} source={`${job}/logs`} name={t('log.of-attempt', { attempt: log.attempt })} />
          ))}
        </div>
        <LinkList links={links} />
      </>
    ),
  };
};
