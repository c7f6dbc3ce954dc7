import { describe, expect, it } from '@jest/globals';
import { LogLines, MOST_LINES } from './log-lines.js';

describe('the last lines of a log', () => {
  it('go on where a line came in parts, and have no control sequences', () => {
    const lines = new LogLines();
    lines.add('\u001b[31mone\u001b[0m\ntw', false);
    lines.add('o', false);
    lines.add('!\nthree', true);
    lines.add('four', true);
    expect(lines.text).toBe('one\ntwo!\nthree\nfour\n');
    lines.clear();
    expect(lines.text).toBe('');
  });

  it('are no more than so many, and no longer', () => {
    const lines = new LogLines();
    lines.add(Array.from({ length: 1000 }, (_, at) => `line ${at}`).join('\n'), true);
    for (let at = 1000; at < 1100; at += 1) lines.add(`line ${at}`, true);
    const shown = lines.text.trimEnd().split('\n');
    expect([shown.length, shown[0], shown.at(-1)]).toEqual([MOST_LINES, 'line 900', 'line 1099']);
    lines.add('x'.repeat(100_000), true);
    expect(lines.text.length).toBeLessThan(5000);
  });
});
