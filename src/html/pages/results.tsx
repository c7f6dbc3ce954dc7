import type { ResultsPreview } from '../../jobs/results/pages/results-preview.js';
import { withShare } from '../../ogc/requests/share.js';
import { Anchor, LinkList } from '../components.js';
import type { PageMaker } from '../page.js';
import { Output } from '../results/output.js';

export const resultsPage: PageMaker<ResultsPreview> = ({ jobID, outputs, links }, making) => {
  const { base, t, share } = making;
  const whole = links.find(({ rel }) => rel === 'alternate');
  return {
    title: t('results.title', { job: jobID }),
    links,
    scripts: ['results'],
    hasMap: true,
    content: (
      <>
        <h1>{t('results.heading')}</h1>
        <p class="id muted">
          {t('results.of-job')}{' '}
          {share?.for === 'results' ? jobID : <Anchor href={withShare(`${base}/jobs/${jobID}`, share)}>{jobID}</Anchor>}
        </p>
        {outputs.length === 0 ? <p>{t('results.none')}</p> : null}
        {whole === undefined || outputs.length === 0 ? null : (
          <p>
            <Anchor href={whole.href}>{whole.title ?? whole.href}</Anchor> ·{' '}
            <a href={withShare(`${base}/jobs/${jobID}/results?f=zip`, share)} download={`${jobID}.zip`}>
              {t('results.zip')}
            </a>
          </p>
        )}
        {outputs.map((output) => (
          <Output output={output} making={making} />
        ))}
        <LinkList links={links} />
      </>
    ),
  };
};
