import type { ComponentChildren } from 'preact';
import type { LogPageResource } from '../../jobs/logs/log-page.js';
import { Anchor, LinkList } from '../components.js';
import { LogView } from '../log/log-view.js';
import type { PageMaker } from '../page.js';
import { useTexts } from '../texts/texts.js';

/** How many last lines one can ask for. */
const TAILS = [100, 1000, 5000];

export const logPage: PageMaker<LogPageResource> = (resource, { base, t }) => {
  const { jobID, logs, part, links } = resource;
  const job = `${base}/jobs/${jobID}`;
  const single = logs[0]?.attempt ?? 1;
  const wanted = queryOf(part);
  const source = `${job}/logs${wanted === '' ? '' : `?${wanted}`}`;
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
        <Choices resource={resource} action={`${job}/logs`} />
        <div class="log-tools">
          <label>
            <input type="checkbox" id="wrap" checked /> {t('log.wrap')}
          </label>
          <a href={`${job}/logs?f=text&attempt=${single}${wanted && `&${wanted}`}`} download={`${jobID}.log`}>
            {t('log.download')}
          </a>
          <span class="search" data-search={t('log.search')} data-found={t('log.found')} data-next={t('log.next')} />
        </div>
        <div class={logs.length > 1 ? 'logs beside' : 'logs'}>
          {logs.map((log) => (
            <div>
              <LogView log={log} source={source} isTail={part.tail !== undefined} />
            </div>
          ))}
        </div>
        <LinkList links={links} />
      </>
    ),
  };
};

function queryOf({ container, tail }: LogPageResource['part']): string {
  return String(
    new URLSearchParams({
      ...(container === undefined ? {} : { container }),
      ...(tail === undefined ? {} : { tail: String(tail) }),
    }),
  );
}

/** What of the log is shown: without scripts, too. */
function Choices({ resource, action }: { resource: LogPageResource; action: string }) {
  const t = useTexts();
  const { logs, attempts, containers, part } = resource;
  const [first, second] = logs;
  const numbered = attempts.map(String);
  const tails = [...new Set([...TAILS, ...(part.tail === undefined ? [] : [part.tail])])].sort((a, b) => a - b);
  return (
    <form method="get" action={action} class="filters">
      <input type="hidden" name="f" value="html" />
      {containers.length < 2 ? null : (
        <Choice name="container" label={t('log.container')} options={containers} chosen={part.container}>
          {t('log.all-containers')}
        </Choice>
      )}
      <Choice
        name="tail"
        label={t('log.lines')}
        options={tails.map(String)}
        chosen={part.tail === undefined ? undefined : String(part.tail)}
        labelOf={(count) => t('log.last-lines', { count: Number(count) })}
      >
        {t('log.all-lines')}
      </Choice>
      {attempts.length < 2 ? null : (
        <>
          <Choice name="attempt" label={t('log.attempt')} options={numbered} chosen={String(first?.attempt ?? 1)} />
          <Choice name="beside" label={t('log.beside')} options={numbered} chosen={second && String(second.attempt)}>
            –
          </Choice>
        </>
      )}
      <button type="submit">{t('log.show')}</button>
    </form>
  );
}

/** @param children what no choice is called; absent: one has to be made */
function Choice({
  name,
  label,
  options,
  chosen,
  labelOf = (option) => option,
  children,
}: {
  name: string;
  label: string;
  options: readonly string[];
  chosen: string | undefined;
  labelOf?: (option: string) => string;
  children?: ComponentChildren;
}) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <select id={name} name={name}>
        {children === undefined ? null : <option value="">{children}</option>}
        {options.map((option) => (
          <option value={option} selected={option === chosen}>
            {labelOf(option)}
          </option>
        ))}
      </select>
    </div>
  );
}
