import type { ViewedJob } from '../../jobs/listing/job-view.js';
import { type ProblemType, problemTypeReference } from '../../ogc/problem-types.js';
import { Anchor, Facts, Text } from '../components.js';
import { said } from '../texts/said/said.js';
import { problemTypeIn } from '../texts/problem-types.js';
import { useTexts } from '../texts/texts.js';

/** Why the job failed, and what to do about it. */
export function Cause({
  job,
  base,
  language,
  typeNamed,
}: {
  job: ViewedJob;
  base: string;
  language: string;
  typeNamed: (name: string) => ProblemType | undefined;
}) {
  const t = useTexts();
  const { cause } = job;
  if (!cause) return <div data-live="cause" />;
  const reference = problemTypeReference(cause.type);
  const translated = problemTypeIn(language, reference);
  const { remedies = [] } = translated ?? typeNamed(cause.type) ?? {};
  return (
    <div data-live="cause">
      <section class="notice" aria-labelledby="cause">
        <h2 id="cause" class="first">
          {t('job.cause.heading')}
        </h2>
        <Text>{said(t, cause.message)}</Text>
        <Facts
          facts={[
            [t('job.cause.type'), <Anchor href={base + reference}>{cause.type}</Anchor>],
            [t('job.cause.container'), cause.container],
            [t('job.cause.exit'), cause.exitCode],
          ]}
        />
        {remedies.length === 0 ? null : (
          <>
            <h3>{t('job.cause.remedies')}</h3>
            <ul lang={translated ? undefined : 'en'}>
              {remedies.map((remedy) => (
                <li>{remedy}</li>
              ))}
            </ul>
          </>
        )}
        {cause.log === undefined ? null : (
          <>
            <h3>{t('job.cause.log')}</h3>
            <pre tabIndex={0}>{cause.log}</pre>
          </>
        )}
      </section>
    </div>
  );
}

/** In what its results are not what they are called. */
export function ResultProblems({ job: { resultProblems = [] } }: { job: ViewedJob }) {
  const t = useTexts();
  return (
    <div data-live="problems">
      {resultProblems.length === 0 ? null : (
        <section class="notice" aria-labelledby="problems">
          <h2 id="problems" class="first">
            {t('job.problems.heading')}
          </h2>
          <ul>
            {resultProblems.map(({ output, pointer, message }) => (
              <li>
                {output === undefined ? t('job.problems.result') : <strong>{output}</strong>}{' '}
                {pointer && <code>{pointer}</code>} {said(t, message)}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
