import { describe, expect, it } from '@jest/globals';
import { assertLinearTime } from '../../../test/support/linear-time.js';
import { isBase64 } from './ogc-formats.js';

describe('base64', () => {
  it.each(['', 'QUJD', 'QUI=', 'QQ==', 'Q-_+/w', ' QU\r\nJD ', 'QQ==\n', 'QQ= \t', '=', ' == '])('is %j', (text) => {
    expect(isBase64(text)).toBe(true);
  });

  it.each(['!', 'QQ===', 'QQ= =', '=QQ', 'QQ==Q', 'QQ==\n!', 'QÄ', '"QUJD"'])('is not %j', (text) => {
    expect(isBase64(text)).toBe(false);
  });

  it.each([' ', '\n', 'A ', 'A'])(
    'is told in time in proportion to the length from many %j and what it cannot be',
    (unit) =>
      assertLinearTime(3_000, (length, times) => {
        const texts = ['', '=', '=='].map((padding) => `${unit.repeat(length / unit.length)}${padding}\n!`);
        const before = process.threadCpuUsage();
        for (let time = 0; time < times; time += 1) for (const text of texts) expect(isBase64(text)).toBe(false);
        const { user, system } = process.threadCpuUsage(before);
        return (user + system) / 1_000;
      }),
  );
});
