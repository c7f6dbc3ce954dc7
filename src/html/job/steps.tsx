import { JOB_VIEW, type ViewedJob } from '../../jobs/listing/job-view.js';
import type { JobStep } from '../../jobs/listing/job-steps.js';
import { Time } from '../components.js';
import { type Translate, useTexts } from '../texts/texts.js';

/** What has happened to the job, what happens now, and what is to come. */
export function TimeLine({ job }: { job: ViewedJob }) {
  const t = useTexts();
  const { steps = [] } = job[JOB_VIEW] ?? {};
  return (
    <div data-live="steps">
      {steps.length === 0 ? null : (
        <section aria-labelledby="time-line">
          <h2 id="time-line">{t('job.steps.heading')}</h2>
          <ol class="steps">
            {steps.map((step) => (
              <li
                class={step.state + (isBad(step, job) ? ' bad' : '')}
                data-key={`${step.name}${step.attempt ?? ''}`}
                aria-current={step.state === 'current' ? 'step' : undefined}
              >
                {labelOf(step, job, t)} <small class="muted">{whenOf(step, t)}</small>
              </li>
            ))}
          </ol>
        </section>
      )}
    </div>
  );
}

function isBad({ name, state }: JobStep, { status }: ViewedJob): boolean {
  return name === 'attempt' || (name === 'finished' && state === 'done' && status === 'failed');
}

function labelOf({ name, attempt, state }: JobStep, { status, queue }: ViewedJob, t: Translate): string {
  if (name === 'attempt') return t('job.steps.attempt', { attempt });
  if (name === 'finished' && state === 'done' && (status === 'failed' || status === 'dismissed'))
    return t(`job.steps.${status}`);
  const label = t(`job.steps.${name}`);
  const place = name === 'waiting' && state === 'current' ? queue?.position : undefined;
  return place === undefined ? label : `${label}: ${t('job.steps.place', { place })}`;
}

function whenOf({ at, state }: JobStep, t: Translate) {
  if (state === 'coming') return t('job.steps.coming');
  if (at !== undefined) return <Time at={at} />;
  return state === 'current' ? t('job.steps.now') : null;
}
