import { useTexts } from '../texts/texts.js';

/** Of the description that a page is made of: the job that its form was to be filled as for. */
export const FORM_SOURCE: unique symbol = Symbol('form source');

/** What came of filling a form as for a job. */
export interface FormSource {
  /** As it was asked for. */
  readonly jobId: string;
  readonly outcome: 'filled' | 'unknown' | 'refused' | 'other-process' | 'not-kept';
  /** How many inputs it has that are not even named. */
  readonly unnamed?: number;
}

/** Says what the form holds, and what it lacks. */
export function FormSourceNote({ source: { jobId, outcome, unnamed }, base }: { source: FormSource; base: string }) {
  const t = useTexts();
  const text = t(`job.form.${outcome}`, { job: jobId });
  return (
    <div class={outcome === 'filled' ? 'notice plain' : 'notice'} role="status">
      <p>{outcome === 'filled' ? <a href={`${base}/jobs/${encodeURIComponent(jobId)}`}>{text}</a> : text}</p>
      {unnamed === undefined ? null : <p>{t('job.form.unnamed', { count: unnamed })}</p>}
    </div>
  );
}
