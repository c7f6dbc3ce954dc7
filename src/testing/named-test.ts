import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const project = join(import.meta.dirname, '../..');

export const readDocument = (path: string): string => readFileSync(join(project, path), 'utf8');

/** Whether a document's reference, `` `path`: title ``, names a test that exists. */
export function namesTest(reference: string): boolean {
  const [, path, title] = /^`([^`]+\.(?:(?:e2e|full|soak)-)?spec\.ts)`: (.+)$/.exec(reference) ?? [];
  if (path === undefined || title === undefined) return false;
  const titles = readDocument(path).replaceAll('\\', '');
  return ["'", '"', '`'].some((quote) => titles.includes(quote + title + quote));
}

/** The rows of all tables of a text in Markdown, a list of cells each, without headings. @param heading the first cell of a heading */
export function rowsOfTables(text: string, heading: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\| -+ /.test(line) && !line.startsWith(`| ${heading} `))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
