import { LogLines } from './log-lines.js';
import { streamLog } from './log-stream.js';

/** Shows the last lines of a log in the element `data-log`, whose address that says, as they come, to the end of the job. */
export function followLog(place: HTMLElement): void {
  const lines = new LogLines();
  const waits = document.querySelector<HTMLElement>('[data-log-waits]');
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
  const showSoon = () => (frame ??= requestAnimationFrame(show));
  show();
  streamLog(place.dataset['log'] ?? '', {
    take: (text, isWhole) => {
      lines.add(text, isWhole);
      showSoon();
    },
    restart: () => lines.clear(),
    end: () => {
      isOver = true;
      showSoon();
    },
  });
}
