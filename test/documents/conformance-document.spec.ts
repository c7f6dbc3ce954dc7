import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import {
  classes,
  conformanceDocument,
  conformanceTests,
  documentPath,
  draftClasses,
} from '../conformance/document.mjs';

/** Prettier aligns the columns of tables. */
const withoutAlignment = (markdown: string) => markdown.replace(/ +\|/g, ' |').replace(/-{3,}/g, '---').trim();

describe('docs/conformance.md', () => {
  it('is what the names of the tests say (npm run conformance-docs makes it)', () => {
    expect(withoutAlignment(readFileSync(documentPath, 'utf8'))).toBe(withoutAlignment(conformanceDocument()));
  });

  it.each([
    ['1.0', classes],
    ['2.0', draftClasses],
  ] as const)('has a test for every requirement of %s, and no test of one that there is not', (version, ofVersion) => {
    const ids = ofVersion.flatMap(({ requirements }) => requirements);
    const tests = conformanceTests().filter((test) => test.version === version);
    const tested = new Set(tests.map(({ id }) => id));
    expect(ids.filter((id) => !tested.has(id))).toEqual([]);
    expect([...tested].filter((id) => !ids.includes(id))).toEqual([]);
    expect(ids.length).toBe(new Set(ids).size);
  });
});
