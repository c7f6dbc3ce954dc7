import type { ViewedJob } from '../../jobs/listing/job-view.js';
import { Table, Time } from '../components.js';
import { useTexts } from '../texts/texts.js';

/** Who is told about the job, and how far that is. */
export function Deliveries({ job: { subscriber = [] } }: { job: ViewedJob }) {
  const t = useTexts();
  const heads = ['event', 'host', 'status', 'attempts', 'last', 'next'] as const;
  const labelled = (head: (typeof heads)[number]) => ({ 'data-label': t(`job.deliveries.${head}`) });
  return (
    <div data-live="deliveries">
      {subscriber.length === 0 ? null : (
        <section aria-labelledby="deliveries">
          <h2 id="deliveries">{t('job.deliveries.heading')}</h2>
          <Table heads={heads.map((head) => t(`job.deliveries.${head}`))}>
            {subscriber.map(({ event, host, status, attempts, next, history }) => {
              const last = history.at(-1);
              return (
                <tr>
                  <th scope="row">{t(`job.deliveries.${event as 'success'}`)}</th>
                  <td {...labelled('host')}>{host}</td>
                  <td {...labelled('status')}>{t(`job.deliveries.${status as 'pending'}`)}</td>
                  <td {...labelled('attempts')}>{attempts}</td>
                  <td {...labelled('last')}>
                    {last ? (
                      <>
                        {last.answer} (<Time at={last.at} />)
                      </>
                    ) : null}
                  </td>
                  <td {...labelled('next')}>{next === undefined ? null : <Time at={next} />}</td>
                </tr>
              );
            })}
          </Table>
        </section>
      )}
    </div>
  );
}
