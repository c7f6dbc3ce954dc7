import { containerOfHeading } from '../../jobs/logs/log-document.js';
import type { ShownLog } from '../../jobs/logs/log-page.js';
import { Look } from '../browser/ansi.js';
import { useTexts } from '../texts/texts.js';

interface Part {
  readonly heading: string | undefined;
  readonly lines: string[];
  /** Number of the first of them. */
  readonly first: number;
}

/**
 * A log by its containers, each line with its number; `browser/log.ts` goes on with it. What a program prints itself may look like the line
 * before a container's log, and is shown like it.
 * @param source address of what of the log is shown
 */
export function LogView({ log, source, isTail }: { log: ShownLog; source: string; isTail: boolean }) {
  const t = useTexts();
  const look = new Look();
  return (
    <section
      class="log"
      aria-label={t('log.of-attempt', { attempt: log.attempt })}
      data-of={t('log.of-attempt', { attempt: '{attempt}' })}
      data-log={source}
      data-at={isTail ? `${log.attempt}` : `${log.attempt}-${log.bytes}`}
      data-over={log.isOver ? '' : undefined}
      data-cut={log.isCut && !isTail ? '' : undefined}
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
    const isHeading = containerOfHeading(line) !== undefined;
    if (isHeading || parts.length === 0)
      parts.push({ heading: isHeading ? line : undefined, lines: [], first: index + 1 });
    parts.at(-1)?.lines.push(line);
  }
  return parts;
}
