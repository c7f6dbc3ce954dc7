import type { ComponentChildren } from 'preact';
import { isMapping } from '../../config/validation.js';
import { JOB_VIEW, type ViewedJob } from '../../jobs/listing/job-view.js';
import { isOmitted, MASK } from '../../processes/request/marks.js';
import { isSecretName } from '../../processes/schema/secrets.js';
import { Anchor } from '../components.js';
import { readableSize } from '../results/sizes.js';
import { type Translate, useTexts } from '../texts/texts.js';

/** Characters of a value that are shown. */
const MOST_SHOWN = 2000;

/** What the job was given; secrets and what is not kept in words. They never change, so that this is no live region. */
export function Inputs({ job, language }: { job: ViewedJob; language: string }) {
  const t = useTexts();
  const view = job[JOB_VIEW];
  if (!view) return null;
  const { inputs = undefined, omittedInputs = undefined } = view.inputs ?? {};
  const entries = Object.entries(inputs ?? {});
  return (
    <section aria-labelledby="inputs">
      <h2 id="inputs">{t('job.inputs.heading')}</h2>
      {inputs ? null : <p class="muted">{t(view.mayReadLog ? 'job.inputs.unknown' : 'job.inputs.hidden')}</p>}
      {inputs && entries.length === 0 && !omittedInputs ? <p class="muted">{t('job.inputs.none')}</p> : null}
      {entries.length === 0 ? null : (
        <dl>
          {entries.map(([id, value]) => (
            <>
              <dt class="id">{id}</dt>
              <dd>{shown(id, value, language, t)}</dd>
            </>
          ))}
        </dl>
      )}
      {omittedInputs ? (
        <p>
          {t('job.inputs.unnamed', { count: omittedInputs.count, size: readableSize(omittedInputs.size, language) })}{' '}
          <Kept href={omittedInputs.href} />
        </p>
      ) : null}
    </section>
  );
}

function shown(id: string, value: unknown, language: string, t: Translate): ComponentChildren {
  if (isSecretName(id)) return <em>{t('job.inputs.masked')}</em>;
  if (isOmitted(value)) {
    const { size, href } = value.omitted;
    return (
      <>
        <em>{t('job.inputs.omitted', { size: readableSize(size, language) })}</em> <Kept href={href} />
      </>
    );
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const isCut = text.length > MOST_SHOWN;
  return (
    <>
      <code class="value">{isCut ? `${text.slice(0, MOST_SHOWN)}…` : text}</code>
      {isCut ? <p class="muted">{t('job.inputs.cut')}</p> : null}
      {holdsMasks(value) ? <p class="muted">{t('job.inputs.masks-in-it')}</p> : null}
    </>
  );
}

function Kept({ href }: { href: string | undefined }) {
  const t = useTexts();
  return href === undefined ? null : <Anchor href={href}>{t('job.inputs.kept')}</Anchor>;
}

function holdsMasks(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsMasks);
  if (!isMapping(value)) return false;
  return Object.entries(value).some(([name, member]) => (isSecretName(name) && isMask(member)) || holdsMasks(member));
}

function isMask(value: unknown): boolean {
  return isMapping(value) && value['masked'] === MASK.masked && Object.keys(value).length === 1;
}
