import { countElapsed } from './elapsed.js';
import { followJobs } from './job-events.js';
import { refreshLiveRegions } from './live-regions.js';
import { followLog } from './log-tail.js';

/** Milliseconds between two looks at the page, at least; and at the most, where no events come through. */
const PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
/** Looks in which the page may still say what was before an event. */
const MOST_TRIES = 10;
const ENDS = ['successful', 'failed', 'dismissed'];

const statusOf = () => document.querySelector<HTMLElement>('[data-live="state"]')?.dataset['status'] ?? '';

/** Keeps the page of a job that goes on true, and says aloud, once, what its status becomes. */
function follow(announcer: HTMLElement): void {
  const id = announcer.dataset['job'] ?? '';
  const ended = new AbortController();
  let known = statusOf();
  /** What was told last: the replica that makes the page may hear of it later. */
  let told = known;
  let tries = 0;
  let isBusy = false;
  let isWanted = false;

  const look = async () => {
    await refreshLiveRegions();
    countElapsed();
    const status = statusOf();
    if (status !== known) {
      const shown = document.querySelector('[data-live="state"] .status')?.textContent ?? status;
      announcer.textContent = `${announcer.dataset['announced']} ${shown}`;
    }
    known = status;
    if (ENDS.includes(status)) ended.abort();
  };
  const want = () => {
    isWanted = true;
    if (isBusy || ended.signal.aborted) return;
    isBusy = true;
    isWanted = false;
    void look().finally(() =>
      setTimeout(() => {
        isBusy = false;
        if (isWanted || (told !== known && tries++ < MOST_TRIES)) want();
      }, PAUSE),
    );
  };
  followJobs(
    [id],
    ({ status }) => {
      told = status;
      tries = 0;
      want();
    },
    {
      signal: ended.signal,
      onGone: () => {
        ended.abort();
        for (const note of document.querySelectorAll<HTMLElement>('[data-gone]')) note.hidden = false;
      },
    },
  );
  const timer = setInterval(() => {
    if (document.visibilityState === 'visible') want();
  }, LONGEST_PAUSE);
  const clock = setInterval(countElapsed, 1_000);
  ended.signal.addEventListener('abort', () => {
    clearInterval(timer);
    clearInterval(clock);
  });
  countElapsed();
}

const announcer = document.querySelector<HTMLElement>('[data-job]');
if (announcer) follow(announcer);
const log = document.querySelector<HTMLElement>('[data-log]');
if (log) followLog(log);
