import { readFileSync } from 'node:fs';

/** The blocks of code in one language beneath a heading (`## …`) of a document of this repository. */
export function codeUnder(document: string, heading: string, language: string): string[] {
  const sections = readFileSync(document, 'utf8').split(/^## /m);
  const section = sections.find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^```(\S*)\n(.*?)^```$/gms)]
    .filter(([, found]) => found === language)
    .map(([, , code = '']) => code.trimEnd());
}
