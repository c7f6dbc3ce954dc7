import { describe, expect, it } from '@jest/globals';
import { namesTest, readDocument } from './testing/named-test.js';

/** The cells of the last column of every table of the document: where the tests are named. */
const cells = readDocument('docs/migration.md')
  .split('\n')
  .filter((line) => line.startsWith('|') && !/^\| (-+|predecessor) /.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .map(([what = '', here = '', tests = '']) => ({ what, here, tests: tests.split('<br>') }));

describe('docs/migration.md', () => {
  it('says of every line what became of it', () => {
    expect(cells.length).toBeGreaterThan(100);
    expect(cells.filter(({ what, here }) => what === '' || here === '')).toEqual([]);
  });

  it('names for every line a test that exists, or one that is to be written', () => {
    const wrong = cells.flatMap(({ what, tests }) => tests.filter((test) => !exists(test)).map((test) => [what, test]));
    expect(wrong).toEqual([]);
  });
});

function exists(reference: string): boolean {
  return /^TODO-TEST: \S/.test(reference) || namesTest(reference);
}
