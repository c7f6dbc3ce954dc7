import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { classes, conformanceDocument, conformanceTests, documentPath } from '../conformance/document.mjs';

/** Prettier aligns the columns of tables. */
const withoutAlignment = (markdown: string) => markdown.replace(/ +\|/g, ' |').replace(/-{3,}/g, '---').trim();

describe('docs/conformance.md', () => {
  const ids = classes.flatMap(({ requirements }) => requirements);

  it('is what the names of the tests say (npm run conformance-docs makes it)', () => {
    expect(withoutAlignment(readFileSync(documentPath, 'utf8'))).toBe(withoutAlignment(conformanceDocument()));
  });

  it('has a test for every requirement, and no test of a requirement that there is not', () => {
    const tested = new Set(conformanceTests().map(({ id }) => id));
    expect(ids.filter((id) => !tested.has(id))).toEqual([]);
    expect([...tested].filter((id) => !ids.includes(id))).toEqual([]);
    expect(ids.length).toBe(new Set(ids).size);
  });
});
