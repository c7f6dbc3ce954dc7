/** Milliseconds before a log that is not there yet, or was refused, is asked for again. */
const RETRY = 5_000;

/** Who is told what of a log comes. */
export interface LogTaker {
  /** @param isWhole the text ends with its line */
  take(text: string, isWhole: boolean): void;
  /** What comes next is the log of another attempt, or the same lines again. @param attempt its number, where that is known */
  restart(attempt: string | undefined): void;
  /** Nothing will come any more. */
  end(): void;
}

/**
 * Tells of a log as it comes, to the end of the job, whatever attempts follow. Nothing is asked for while the page is hidden: a stream is
 * one of the six connections that a browser has to a host.
 * @param address of the log, with what of it is wanted
 * @param last what is there already, as ids of events say it: `ATTEMPT-BYTES`; empty: nothing
 */
export function streamLog(address: string, taker: LogTaker, last = ''): void {
  const isTail = new URLSearchParams(address.split('?')[1] ?? '').has('tail');
  let source: EventSource | undefined;
  let timer: number | undefined;
  let isOver = false;
  let isNew = false;

  const take = ({ data, lastEventId }: MessageEvent<string>, isWhole: boolean) => {
    const attempt = attemptOf(lastEventId);
    if (isNew || (last !== '' && attemptOf(last) !== attempt)) taker.restart(attempt || undefined);
    isNew = false;
    last = lastEventId;
    taker.take(data, isWhole);
  };
  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  const open = () => {
    close();
    if (isOver || document.visibilityState === 'hidden') return;
    const opened = (source = new EventSource(addressAfter(address, last)));
    // Whoever comes for the last lines has them again.
    opened.onopen = () => (isNew ||= isTail);
    opened.onmessage = (event: MessageEvent<string>) => take(event, true);
    opened.addEventListener('part', (event: MessageEvent<string>) => take(event, false));
    opened.addEventListener('end', ({ data }: MessageEvent<string>) => {
      close();
      isOver = data !== 'accepted' && data !== 'running';
      if (isOver) return taker.end();
      // It was followed from within one attempt, and another has begun.
      last = '';
      isNew = true;
      open();
    });
    // It comes again by itself where it was cut, but not after an answer that is none.
    opened.onerror = () => {
      if (opened.readyState === EventSource.CLOSED) timer = setTimeout(open, RETRY);
    };
  };
  document.addEventListener('visibilitychange', open);
  addEventListener('pagehide', close);
  addEventListener('pageshow', ({ persisted }) => persisted && open());
  open();
}

function attemptOf(id: string): string {
  return id.split('-')[0] ?? '';
}

/** What follows the last event. A stream that is opened anew cannot say by a header what it has. */
export function addressAfter(address: string, last: string): string {
  const [attempt, from] = last.split('-');
  if (from === undefined) return address;
  const position = new URLSearchParams({ attempt: attempt ?? '', from });
  return `${address}${address.includes('?') ? '&' : '?'}${position}`;
}
