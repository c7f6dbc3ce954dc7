import type { ComponentChildren } from 'preact';
import type { ViewedJob } from '../../jobs/listing/job-view.js';
import { Anchor, Facts, Time } from '../components.js';
import { useShare } from '../share.js';
import { useTexts } from '../texts/texts.js';

/** Members of a status that the page shows by themselves. */
const SHOWN = new Set(
  (
    'jobID id processID type processingEntityType status message progress created started finished updated cause exception ' +
    'request parameters resultProblems attempts omittedAttempts queue tags owner subscriber links'
  ).split(' '),
);

/** What is known of a job, and what it said itself under names of its own. */
export function JobFacts({ job, base }: { job: ViewedJob; base: string }) {
  const t = useTexts();
  const share = useShare();
  const { processID, queue, request, owner, tags } = job;
  const process = processID && `${base}/processes/${encodeURIComponent(processID)}`;
  return (
    <section data-live="facts" aria-labelledby="facts">
      <h2 id="facts">{t('job.facts.heading')}</h2>
      <Facts
        facts={[
          [t('job.facts.process'), share ? processID : process && <Anchor href={process}>{processID}</Anchor>],
          [t('job.facts.owner'), owner],
          [t('job.facts.tags'), tags?.join(', ')],
          [t('job.facts.type'), job.type],
          [t('job.facts.request'), request && <Anchor href={request.href}>{t('job.facts.the-request')}</Anchor>],
          [t('job.facts.queue'), queue?.name],
          [t('job.facts.priority'), queue?.priority],
          [t('job.facts.position'), queue?.position],
          [t('job.facts.waiting'), queue?.waitingSince && <Time at={queue.waitingSince} />],
          [t('job.facts.created'), <Time at={job.created} />],
          [t('job.facts.started'), job.started && <Time at={job.started} />],
          [t('job.facts.finished'), job.finished && <Time at={job.finished} />],
          [t('job.facts.updated'), job.updated && <Time at={job.updated} />],
          ...Object.entries(job)
            .filter(([name]) => !SHOWN.has(name))
            .map(([name, value]): [string, ComponentChildren] => [name, messageOf(value)]),
        ]}
      />
    </section>
  );
}

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
