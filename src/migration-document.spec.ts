import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const project = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(project, path), 'utf8');

/** The cells of every table of a document that says, line by line, what became of what a predecessor has; the last names the tests. */
const cellsOf = (document: string) =>
  read(document)
    .split(/^# Line by line$/m)
    .at(-1)
    ?.split('\n')
    .filter((line) => line.startsWith('|') && !/^\| (-+|predecessor) /.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .map(([what = '', here = '', tests = '']) => ({ what, here, tests: tests.split('<br>') })) ?? [];

describe.each([
  ['docs/migration.md', 100],
  ['docs/papermill.md', 40],
])('%s', (document, least) => {
  const cells = cellsOf(document);

  it('says of every line what became of it', () => {
    expect(cells.length).toBeGreaterThan(least);
    expect(cells.filter(({ what, here }) => what === '' || here === '')).toEqual([]);
  });

  it('names for every line a test that exists, or one that is to be written', () => {
    const wrong = cells.flatMap(({ what, tests }) => tests.filter((test) => !exists(test)).map((test) => [what, test]));
    expect(wrong).toEqual([]);
  });
});

function exists(reference: string): boolean {
  if (/^TODO-TEST: \S/.test(reference)) return true;
  const [, path, title] = /^`([^`]+\.(?:e2e-)?spec\.ts)`: (.+)$/.exec(reference) ?? [];
  if (path === undefined || title === undefined) return false;
  const titles = read(path).replaceAll('\\', '');
  return ["'", '"', '`'].some((quote) => titles.includes(quote + title + quote));
}
