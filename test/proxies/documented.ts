import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../support/child.js';

export const PAGE = 'docs/operations/behind-a-proxy.md';

export interface DocumentedProxy {
  /** The configuration that is shown first, whole. */
  readonly whole: string;
  /** What is added for a path that is taken off. */
  readonly beneathPath: string;
}

/**
 * The configurations that the page shows of a proxy, as they stand there. @param heading of its section @param language of
 * its fenced blocks
 */
export function documented(heading: string, language: string): DocumentedProxy {
  const page = readFileSync(join(projectFolder, PAGE), 'utf8');
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [text = ''] = section.split('\n## ');
  const blocks = [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].filter(([, found]) => found === language);
  const [whole, beneathPath] = blocks.map(([, , block = '']) => block);
  if (whole === undefined || beneathPath === undefined)
    throw new Error(`${PAGE} has no two blocks of ${language} under "${heading}"`);
  return { whole, beneathPath };
}
