import type { ViewedJob } from '../../jobs/listing/job-view.js';
import { Anchor, Facts, Text, Time } from '../components.js';
import { useShare } from '../share.js';
import { said } from '../texts/said/said.js';
import { useTexts } from '../texts/texts.js';

/** Attempts that failed and were followed by another. */
export function Attempts({ job, base, hasLogs }: { job: ViewedJob; base: string; hasLogs: boolean }) {
  const t = useTexts();
  const share = useShare();
  const { attempts = [], omittedAttempts } = job;
  return (
    <div data-live="attempts">
      {attempts.length === 0 ? null : (
        <section aria-labelledby="attempts">
          <h2 id="attempts">{t('job.attempts.heading')}</h2>
          {omittedAttempts === undefined ? null : <p>{t('job.attempts.omitted', { count: omittedAttempts })}</p>}
          <ol start={attempts[0]?.attempt}>
            {attempts.map(({ attempt, cause, pod, started, finished }) => (
              <li>
                <Text>{said(t, cause.message)}</Text>
                <Facts
                  facts={[
                    [t('job.attempts.pod'), pod],
                    [t('job.attempts.started'), started && <Time at={started} />],
                    [t('job.attempts.finished'), <Time at={finished} />],
                    [
                      t('job.attempts.log'),
                      hasLogs && !share && (
                        <Anchor href={`${base}/jobs/${job.jobID}/logs?attempt=${attempt}`}>
                          {t('job.attempts.the-log', { attempt })}
                        </Anchor>
                      ),
                    ],
                  ]}
                />
              </li>
            ))}
          </ol>
        </section>
      )}
    </div>
  );
}
