import { describe, expect, it } from '@jest/globals';
import { namesTest, readDocument } from './testing/named-test.js';

const rows = readDocument('docs/reliability.md')
  .split('\n')
  .filter((line) => line.startsWith('|') && !/^\| (-+|promise) /.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe('docs/reliability.md', () => {
  it('says of every promise which fault it holds against, and names tests that exist', () => {
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter((cells) => cells.length !== 3 || cells.includes(''))).toEqual([]);
    const references = rows.flatMap(([, , tests = '']) => tests.split('<br>'));
    expect(references.filter((reference) => !namesTest(reference))).toEqual([]);
  });
});
