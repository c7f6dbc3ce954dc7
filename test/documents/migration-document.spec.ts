import { describe, expect, it } from '@jest/globals';
import { namesTest, readDocument, rowsOfTables } from '../../src/testing/named-test.js';

/** The rows of every table of the document, or of its part after a heading, whose last column names tests. */
function rowsOf(document: string, heading = '') {
  const text = readDocument(document);
  return rowsOfTables(text.slice(text.indexOf(heading)), 'predecessor').map(([what = '', here = '', tests = '']) => ({
    what,
    here,
    tests: tests.split('<br>'),
  }));
}

describe.each([
  ['docs/migration.md', rowsOf('docs/migration.md'), 100],
  ['docs/notebooks.md', rowsOf('docs/notebooks.md', '# Line by line'), 40],
  ['docs/visualisations.md', rowsOf('docs/visualisations.md', '# Migration from '), 20],
])('%s', (_document, rows, least) => {
  it('says of every line what became of it', () => {
    expect(rows.length).toBeGreaterThan(least);
    expect(rows.filter(({ what, here }) => what === '' || here === '')).toEqual([]);
  });

  it('names for every line a test that exists', () => {
    const wrong = rows.flatMap(({ what, tests }) =>
      tests.filter((test) => !namesTest(test)).map((test) => [what, test]),
    );
    expect(wrong).toEqual([]);
  });
});
