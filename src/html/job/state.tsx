import type { ViewedJob } from '../../jobs/listing/job-view.js';
import { durationText } from '../browser/durations.js';
import { Status, Text } from '../components.js';
import { said } from '../texts/said/said.js';
import { useTexts } from '../texts/texts.js';

/** Whether the job has not ended. */
export function goesOn({ status }: Pick<ViewedJob, 'status'>): boolean {
  return status === 'accepted' || status === 'running';
}

/** How the job is: what its page says first. */
export function JobState({ job, language }: { job: ViewedJob; language: string }) {
  const t = useTexts();
  const { message } = job;
  return (
    <div data-live="state" data-status={job.status}>
      <p>
        <Status status={job.status} />{' '}
        {job.progress === undefined ? null : (
          <>
            {/* A new one for each value: values are left to people where a live region is brought up to date. */}
            <progress
              max={100}
              value={job.progress}
              aria-label={t('job.progress')}
              data-key={`progress-${job.progress}`}
            />{' '}
            <span class="nowrap">{t('job.percent', { count: job.progress })}</span>
          </>
        )}{' '}
        <Elapsed job={job} language={language} />
      </p>
      <Text>{message === undefined ? undefined : said(t, message)}</Text>
    </div>
  );
}

/** How long it waits, runs or took. `data-elapsed`: milliseconds when the page was made; a script counts on, without announcing it. */
function Elapsed({ job, language }: { job: ViewedJob; language: string }) {
  const t = useTexts();
  const isOver = !goesOn(job);
  const from = Date.parse((job.status === 'accepted' ? undefined : job.started) ?? job.created ?? '');
  const to = isOver ? Date.parse(job.finished ?? '') : Date.now();
  const elapsed = Math.max(0, to - from);
  if (!Number.isFinite(elapsed)) return null;
  const what = t(`job.elapsed.${phaseOf(job)}`);
  return (
    <span class="elapsed nowrap">
      {what} <span data-elapsed={isOver ? undefined : elapsed}>{durationText(elapsed, language)}</span>
    </span>
  );
}

function phaseOf({ status, started }: ViewedJob): 'waiting' | 'running' | 'took' | 'ended' {
  if (status === 'accepted') return 'waiting';
  if (status === 'running') return 'running';
  return started === undefined ? 'ended' : 'took';
}
