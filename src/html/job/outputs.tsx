import { type ListedOutput, JOB_VIEW, type ViewedJob } from '../../jobs/listing/job-view.js';
import { localize } from '../../ogc/languages.js';
import { Anchor } from '../components.js';
import type { PageMaking } from '../page.js';
import { readableSize } from '../results/sizes.js';
import { useShared } from '../share.js';
import { useTexts } from '../texts/texts.js';

/** What came of a successful job: a list that leads to each result, and to the page that shows them. */
export function Outputs({
  job,
  making: { base, languages, interfaceLanguage = 'en' },
}: {
  job: ViewedJob;
  making: Pick<PageMaking, 'base' | 'languages' | 'interfaceLanguage'>;
}) {
  const t = useTexts();
  const shared = useShared();
  const outputs = job[JOB_VIEW]?.outputs;
  const results = `${base}/jobs/${job.jobID}/results`;
  return (
    <div data-live="outputs">
      {outputs === undefined ? null : (
        <section aria-labelledby="outputs">
          <h2 id="outputs">{t('job.outputs.heading')}</h2>
          {outputs === 'expired' ? <p>{t('job.outputs.expired')}</p> : null}
          {outputs.length === 0 ? <p>{t('job.outputs.none')}</p> : null}
          {outputs === 'expired' || outputs.length === 0 ? null : (
            <>
              <ul>
                {outputs.map((output) => (
                  <li>
                    <Anchor
                      href={shared(output.id === undefined ? results : `${results}/${encodeURIComponent(output.id)}`)}
                    >
                      {localize(output.title, languages) ?? output.id ?? t('job.outputs.result')}
                    </Anchor>{' '}
                    <small class="muted">{detailsOf(output, interfaceLanguage)}</small>
                  </li>
                ))}
              </ul>
              <p>
                <a href={shared(`${results}?f=html`)}>{t('job.outputs.page')}</a>
              </p>
            </>
          )}
        </section>
      )}
    </div>
  );
}

function detailsOf({ id, title, mediaType, size }: ListedOutput, language: string): string {
  return [
    title === undefined ? undefined : id,
    mediaType,
    size === undefined ? undefined : readableSize(size, language),
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}
