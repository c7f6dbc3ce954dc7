import type { ShownLog } from '../../jobs/logs/log-page.js';
import { Look } from '../browser/ansi.js';
import { useTexts } from '../texts/texts.js';

/** The line before a container's log; what a program prints itself may look like it, and is shown like it. */
const HEADING = /^(?:Init )?Container '[^']+'$/;

interface Part {
  readonly heading: string | undefined;
  readonly lines: string[];
  /** Number of the first of them. */
  readonly first: number;
}

/** A log by its containers, each line with its number; `browser/log.ts` goes on with it. */
export function LogView({ log, source, name }: { log: ShownLog; source: string; name: string }) {
  const t = useTexts();
  const look = new Look();
  return (
    <section
      class="log"
      aria-label={name}
      data-log={`${source}?attempt=${log.attempt}`}
      data-from={log.bytes}
      data-over={log.isOver ? '' : undefined}
      data-cut={log.isCut ? '' : undefined}
      data-more={t('log.more')}
    >
      {partsOf(log.text).map(({ heading, lines, first }) => (
        <details open>
          <summary>{heading ?? t('log.pod')}</summary>
          <ol class="lines" tabIndex={0} start={first} aria-label={heading ?? t('log.pod')}>
            {lines.map((line, index) => (
              <li id={`a${log.attempt}-${first + index}`} value={first + index}>
                {look
                  .segments(line)
                  .map(({ text, classes }) => (classes === '' ? text : <span class={classes}>{text}</span>))}
              </li>
            ))}
          </ol>
        </details>
      ))}
      {log.isCut ? <p class="muted rest">{t('log.beginning')}</p> : null}
    </section>
  );
}

function partsOf(text: string): Part[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const parts: Part[] = [];
  for (const [index, line] of lines.entries()) {
    const isHeading = HEADING.test(line);
    if (isHeading || parts.length === 0)
      parts.push({ heading: isHeading ? line : undefined, lines: [], first: index + 1 });
    parts.at(-1)?.lines.push(line);
  }
  return parts;
}
