import { SharedStream } from './shared-stream.js';

/** A status document (statusInfo): what this reader may know of a job. */
export interface StatusInfo {
  readonly jobID: string;
  readonly processID?: string;
  readonly status: 'accepted' | 'running' | 'successful' | 'failed' | 'dismissed';
  readonly message?: string;
  readonly progress?: number;
  readonly updated: string;
}

export interface FollowOptions {
  /** There is no such job, or none any more. */
  readonly onGone?: (id: string) => void;
  /** Ends it; so does the page. */
  readonly signal?: AbortSignal;
}

/** As many as the server takes in one request. */
const MOST_IDS = 100;
/** What of the address of a list says which jobs are in it. */
const FILTERS = ['type', 'processID', 'status', 'cause', 'q', 'datetime', 'minDuration', 'maxDuration'];
/** Milliseconds between two calls of {@link followList}. */
const SPACING = 1_000;

/** The address of the API without trailing slash: scripts stand at `static/scripts/HASH/NAME.js` beneath it. */
const BASE = new URL('../../..', import.meta.url).href.replace(/\/$/, '');
/** Of the page that a link for others opened: it opens the events of its job, and no others. */
const SHARE = new URLSearchParams(location.search).get('share') ?? undefined;
const nameOf = (what: string) => `job-events ${BASE} ${what}`;

/**
 * Follows jobs to their ends, by one stream for all tabs of the browser that do. Nothing is followed while the page is hidden; when it is
 * shown again, the present state comes first.
 * @param ids at most {@link MOST_IDS} in all tabs together; of more, those that were asked for last are followed
 * @param onStatus called with the present state of each job a moment after this call, then with each change of it, and once more, where
 *   there was one, when the page is shown again; never twice in a row with the same. Of an ended job the last call was that with its end.
 * Never throws; where the server cannot be reached or refuses, it is tried again.
 */
export function followJobs(
  ids: readonly string[],
  onStatus: (status: StatusInfo) => void,
  { onGone, signal }: FollowOptions = {},
): void {
  const known = new Map<string, string>();
  const isNews = (id: string, data: string) => {
    if (!ids.includes(id) || known.get(id) === data) return false;
    known.set(id, data);
    return true;
  };
  new SharedStream({
    name: nameOf(SHARE === undefined ? 'by id' : `by link ${ids.join()} ${SHARE}`),
    wants: ids,
    types: ['status', 'gone'],
    addressOf: (wants) => {
      if (SHARE !== undefined)
        return wants[0] && `${BASE}/jobs/${wants[0]}/events?${new URLSearchParams({ share: SHARE })}`;
      const asked = new URLSearchParams(wants.slice(-MOST_IDS).map((id) => ['id', id]));
      return asked.size > 0 ? `${BASE}/jobs/events?${asked}` : undefined;
    },
    onEvent: ({ type, data }) => {
      const content = JSON.parse(data) as StatusInfo;
      if (!isNews(content.jobID, data)) return;
      if (type === 'gone') onGone?.(content.jobID);
      else onStatus(content);
    },
    ...(signal ? { signal } : {}),
  });
}

/**
 * Follows the list of jobs, by one stream for all tabs of the browser that show the same. Nothing is followed while the page is hidden.
 * @param query of the list's address: its filters count, pages and order do not
 * @param onChange the list may not be as it was: it has to be asked for again. Called a moment after this call (what changed since the page
 *   was made), then at most once a second, the last change never lost; and when the page is shown again.
 */
export function followList(query: string, onChange: () => void, { signal }: Pick<FollowOptions, 'signal'> = {}): void {
  const asked = new URLSearchParams([...new URLSearchParams(query)].filter(([name]) => FILTERS.includes(name)));
  let isPresent = false;
  let timer: number | undefined;
  const call = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!signal?.aborted) onChange();
    }, SPACING);
  };
  new SharedStream({
    name: nameOf(`of list ?${asked}`),
    wants: ['list'],
    types: ['status', 'left', 'gone', 'present'],
    addressOf: (wants) => (wants.length > 0 ? `${BASE}/jobs/events?${asked}` : undefined),
    // What comes before `present` is how things stood.
    onEvent: ({ type }) => {
      isPresent ||= type === 'present';
      if (isPresent) call();
    },
    ...(signal ? { signal } : {}),
  });
}
