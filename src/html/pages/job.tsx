import { EXECUTED_NOTEBOOK, HIDES_LOG, type JobPageResource } from '../../jobs/results/pages/executed-notebook.js';
import { problemTypeReference } from '../../ogc/problem-types.js';
import { Anchor, Facts, LinkList, Status, Text, Time, toShow } from '../components.js';
import { DISMISS, DISMISSAL_FIELD, TOKEN_FIELD } from '../execute-form.js';
import { NotebookSection } from '../notebook/notebook.js';
import type { PageMaker } from '../page.js';
import { SignInToSee, useAsksForToken } from '../visitor.js';
import type { ComponentChildren } from 'preact';

/** Seconds between looks at a job that goes on. */
const REFRESH = 5;

const SHOWN = new Set(
  'jobID id processID type status message progress created started finished updated cause exception request resultProblems attempts omittedAttempts queue links'.split(
    ' ',
  ),
);

/** What the job itself said: an address (to JupyterLab, say) is a link. */
function messageOf(value: unknown): ComponentChildren {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (!/^https?:\/\/\S+$/.test(text)) return text;
  return (
    <Anchor href={text} rel="nofollow noreferrer">
      {text}
    </Anchor>
  );
}

/** Of who is not signed in. */
function TokenField() {
  return useAsksForToken() ? (
    <div class="field">
      <label for={TOKEN_FIELD}>Token</label>
      <input id={TOKEN_FIELD} name={TOKEN_FIELD} type="password" autocomplete="off" />
      <small>Only where the process asks for one.</small>
    </div>
  ) : null;
}

export const jobPage: PageMaker<JobPageResource> = (job, { base }) => {
  const goesOn = job.status === 'accepted' || job.status === 'running';
  const { cause, resultProblems = [], attempts = [], queue, links = [], [EXECUTED_NOTEBOOK]: executed } = job;
  const raw = `${base}/jobs/${job.jobID}/results/${encodeURIComponent(executed?.outputId ?? '')}`;
  return {
    title: `Job ${job.jobID}`,
    links,
    ...(goesOn ? { refresh: REFRESH } : {}),
    content: (
      <>
        <h1>Job</h1>
        <p class="id muted">{job.jobID}</p>
        <p>
          <Status status={job.status} />{' '}
          {job.progress === undefined ? null : (
            <>
              <progress max={100} value={job.progress} aria-label="Progress" />{' '}
              <span class="nowrap">{job.progress} %</span>
            </>
          )}
        </p>
        <Text>{job.message}</Text>
        {job.message === undefined ? <SignInToSee base={base} what="seeStatus" /> : null}
        {job[HIDES_LOG] ? <SignInToSee base={base} what="seeLog" /> : null}
        {goesOn ? <p class="muted">This page looks again every {REFRESH} seconds.</p> : null}
        {cause ? (
          <section class="notice" aria-labelledby="cause">
            <h2 id="cause" class="first">
              Why it failed
            </h2>
            <Text>{cause.message}</Text>
            <Facts
              facts={[
                ['Cause', <Anchor href={base + problemTypeReference(cause.type)}>{cause.type}</Anchor>],
                ['Container', cause.container],
                ['Exit code', cause.exitCode],
              ]}
            />
            {cause.log === undefined ? null : (
              <>
                <h3>The last lines of its log</h3>
                <pre tabIndex={0}>{cause.log}</pre>
              </>
            )}
          </section>
        ) : null}
        {resultProblems.length === 0 ? null : (
          <section class="notice" aria-labelledby="problems">
            <h2 id="problems" class="first">
              What is wrong with its results
            </h2>
            <ul>
              {resultProblems.map(({ output, pointer, message }) => (
                <li>
                  {output === undefined ? 'The result' : <strong>{output}</strong>} {pointer && <code>{pointer}</code>}{' '}
                  {message}
                </li>
              ))}
            </ul>
          </section>
        )}
        <Facts
          facts={[
            [
              'Process',
              job.processID && (
                <Anchor href={`${base}/processes/${encodeURIComponent(job.processID)}`}>{job.processID}</Anchor>
              ),
            ],
            ['Type', job.type],
            [
              'Request',
              job.request && <Anchor href={job.request.href}>{job.request.title ?? 'The execute request'}</Anchor>,
            ],
            ['Queue', queue?.name],
            ['Priority', queue?.priority],
            ['Position', queue?.position],
            ['Waits since', queue?.waitingSince && <Time at={queue.waitingSince} />],
            ['Created', <Time at={job.created} />],
            ['Started', job.started && <Time at={job.started} />],
            ['Finished', job.finished && <Time at={job.finished} />],
            ['Updated', job.updated && <Time at={job.updated} />],
            ...Object.entries(job)
              .filter(([name]) => !SHOWN.has(name))
              .map(([name, value]): [string, ComponentChildren] => [name, messageOf(value)]),
          ]}
        />
        {attempts.length === 0 ? null : (
          <section aria-labelledby="attempts">
            <h2 id="attempts">Earlier attempts</h2>
            {job.omittedAttempts === undefined ? null : (
              <p>Not listed any more, their logs removed: the first {job.omittedAttempts}.</p>
            )}
            <ol start={attempts[0]?.attempt}>
              {attempts.map((attempt) => (
                <li>
                  <Text>{attempt.cause.message}</Text>
                  <Facts
                    facts={[
                      ['Pod', attempt.pod],
                      ['Started', attempt.started && <Time at={attempt.started} />],
                      ['Finished', <Time at={attempt.finished} />],
                      [
                        'Log',
                        <Anchor href={`${base}/jobs/${job.jobID}/logs?attempt=${attempt.attempt}`}>
                          The log of attempt {attempt.attempt}
                        </Anchor>,
                      ],
                    ]}
                  />
                </li>
              ))}
            </ol>
          </section>
        )}
        {executed?.html === undefined ? null : <NotebookSection html={executed.html} raw={raw} />}
        {executed && executed.html === undefined ? (
          <p>
            The <a href={raw}>executed notebook</a> cannot be shown here, or not now.
          </p>
        ) : null}
        <LinkList links={cause ? toShow(links, { exceptions: '#cause' }) : links} />
        <details>
          <summary>{goesOn ? 'Dismiss this job' : 'Remove this job'}</summary>
          <form method="post" action={`${base}/jobs/${job.jobID}/dismissal`}>
            {goesOn ? <input type="hidden" name={DISMISSAL_FIELD} value={DISMISS} /> : null}
            <TokenField />
            <button class="danger" type="submit">
              {goesOn ? 'Dismiss' : 'Remove'}
            </button>
          </form>
        </details>
      </>
    ),
  };
};
