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
