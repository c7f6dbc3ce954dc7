import { LogLines } from './log-lines.js';

/** Milliseconds before a log that is not there yet, or was refused, is asked for again. */
const RETRY = 5_000;

/**
 * Shows the last lines of a log in the element `data-log`, whose address that says, as they come, to the end of the job. Nothing is asked
 * for while the page is hidden: a stream is one of the six connections that a browser has to a host.
 */
export function followLog(place: HTMLElement): void {
  const lines = new LogLines();
  const waits = document.querySelector<HTMLElement>('[data-log-waits]');
  /** Of the last event: `ATTEMPT-BYTES`. */
  let last = '';
  let source: EventSource | undefined;
  let timer: number | undefined;
  let frame: number | undefined;
  let isOver = false;

  const show = () => {
    frame = undefined;
    const isAtEnd = place.scrollTop + place.clientHeight >= place.scrollHeight - 4;
    place.textContent = lines.text;
    place.hidden = lines.text === '';
    if (waits) waits.hidden = !place.hidden || isOver;
    if (isAtEnd) place.scrollTop = place.scrollHeight;
  };
  const take = ({ data, lastEventId }: MessageEvent<string>, isWhole: boolean) => {
    // Another attempt begins with its own first line.
    if (last !== '' && attemptOf(last) !== attemptOf(lastEventId)) lines.clear();
    last = lastEventId;
    lines.add(data, isWhole);
    frame ??= requestAnimationFrame(show);
  };
  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  const open = () => {
    close();
    if (isOver || document.visibilityState === 'hidden') return;
    const opened = (source = new EventSource(addressAfter(place.dataset['log'] ?? '', last)));
    opened.onmessage = (event: MessageEvent<string>) => take(event, true);
    opened.addEventListener('part', (event: MessageEvent<string>) => take(event, false));
    opened.addEventListener('end', ({ data }: MessageEvent<string>) => {
      close();
      isOver = data !== 'accepted' && data !== 'running';
      // It was followed from within one attempt, and another has begun.
      if (!isOver) {
        last = '';
        lines.clear();
        open();
      }
      show();
    });
    // It comes again by itself where it was cut, but not after an answer that is none.
    opened.onerror = () => {
      if (opened.readyState === EventSource.CLOSED) timer = setTimeout(open, RETRY);
    };
  };
  show();
  document.addEventListener('visibilitychange', open);
  addEventListener('pagehide', close);
  addEventListener('pageshow', ({ persisted }) => persisted && open());
  open();
}

function attemptOf(id: string): string {
  return id.split('-')[0] ?? '';
}

/** What follows the last event. A stream that is opened anew cannot say by a header what it has. */
function addressAfter(address: string, last: string): string {
  const [attempt, from] = last.split('-');
  return from === undefined ? address : `${address}?${new URLSearchParams({ attempt: attempt ?? '', from })}`;
}
