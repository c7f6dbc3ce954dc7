import type { JobListDto } from '../../jobs/listing/jobs.dto.js';
import type { PageContext } from '../../ogc/pages.js';
import { Anchor, LinkList, PageLinks, Status, Table, Time, TitledLink, toShow } from '../components.js';
import type { PageMaker } from '../page.js';
import { SignInToSee } from '../visitor.js';

const STATUSES = ['accepted', 'running', 'successful', 'failed', 'dismissed'];
const LIMITS = ['10', '50', '100', '1000'];
const ORDERS: Readonly<Record<string, string>> = {
  '': 'newest first',
  created: 'oldest first',
  started: 'first started first',
  '-started': 'last started first',
  finished: 'first finished first',
  '-finished': 'last finished first',
  processID: 'by process',
};

export const jobsPage: PageMaker<JobListDto> = ({ jobs, links, numberMatched, numberReturned }, { base, query }) => ({
  title: 'Jobs',
  links,
  content: (
    <>
      <h1>Jobs</h1>
      <Filters action={`${base}/jobs`} query={query} />
      <p>
        {numberMatched === 0
          ? 'No job matches.'
          : `${numberReturned} of ${numberMatched} matching jobs, ${orderOf(query) in ORDERS ? ORDERS[orderOf(query)] : `sorted by ${orderOf(query)}`}.`}
      </p>
      {jobs.some(({ message }) => message === undefined) ? <SignInToSee base={base} what="seeMessages" /> : null}
      {jobs.length === 0 ? null : (
        <Table heads={['Job', 'Status', 'Process', 'Created', 'Finished', 'Links']}>
          {jobs.map((job) => (
            <tr>
              <th scope="row" class="id">
                <Anchor href={`${base}/jobs/${job.jobID}`}>{job.jobID}</Anchor>
              </th>
              <td>
                <Status status={job.status} />
                {job.progress === undefined ? '' : ` ${job.progress} %`}
                <p class="muted text">{job.message}</p>
              </td>
              <td class="id" data-label="Process">
                {job.processID}
              </td>
              <td data-label="Created">
                <Time at={job.created} />
              </td>
              <td data-label="Finished">
                <Time at={job.finished} />
              </td>
              <td>
                {toShow(job.links ?? [], { exceptions: `${base}/jobs/${job.jobID}#cause` })
                  .filter(({ rel }) => rel !== 'self')
                  .map((link) => (
                    <>
                      <TitledLink link={link} />
                      <br />
                    </>
                  ))}
              </td>
            </tr>
          ))}
        </Table>
      )}
      <PageLinks links={links} />
      <LinkList links={links} />
    </>
  ),
});

const orderOf = (query: PageContext['query']): string => [query['sortby'] ?? ''].flat().filter(Boolean).join(',');

function Filters({ action, query }: { action: string; query: PageContext['query'] }) {
  const given = (name: string): readonly string[] => [query[name] ?? []].flat().flatMap((value) => value.split(','));
  const statuses = given('status');
  return (
    <form class="filters" method="get" action={action}>
      <fieldset>
        <legend>Status</legend>
        <div class="checks">
          {STATUSES.map((status) => (
            <label>
              <input type="checkbox" name="status" value={status} checked={statuses.includes(status)} />
              {status}
            </label>
          ))}
        </div>
      </fieldset>
      <Filter name="processID" label="Process" value={given('processID').join(',')} />
      <Filter name="datetime" label="Created" value={given('datetime').join(',')} hint="2026-01-01/.." />
      <Filter name="minDuration" label="At least (seconds)" value={given('minDuration').join(',')} type="number" />
      <Filter name="maxDuration" label="At most (seconds)" value={given('maxDuration').join(',')} type="number" />
      <div class="field">
        <label for="sortby">Order</label>
        <select id="sortby" name="sortby">
          {[...new Set([...Object.keys(ORDERS), orderOf(query)])].map((order) => (
            <option value={order} selected={orderOf(query) === order}>
              {ORDERS[order] ?? order}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="limit">Jobs on a page</label>
        <select id="limit" name="limit">
          <option value="">as usual</option>
          {[...new Set([...LIMITS, ...given('limit').filter(Boolean)])].map((limit) => (
            <option selected={given('limit').includes(limit)}>{limit}</option>
          ))}
        </select>
      </div>
      {given('f').map((format) => (
        <input type="hidden" name="f" value={format} />
      ))}
      <div class="submit">
        <button type="submit">Filter</button>
      </div>
    </form>
  );
}

function Filter({
  name,
  label,
  value,
  hint,
  type = 'text',
}: {
  name: string;
  label: string;
  value: string;
  hint?: string;
  type?: 'text' | 'number';
}) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {type === 'number' ? (
        <input id={name} name={name} type="number" min={0} value={value} />
      ) : (
        <input id={name} name={name} value={value} placeholder={hint} />
      )}
    </div>
  );
}
