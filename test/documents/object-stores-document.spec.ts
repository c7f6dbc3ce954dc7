import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { documentPath, readExpected, withTables } from '../stores/table.mjs';

/** Prettier aligns the columns of tables. */
const withoutAlignment = (markdown: string) => markdown.replace(/ +\|/g, ' |').replace(/-{3,}/g, '---').trim();

describe('docs/object-stores.md', () => {
  it('has the tables that npm run test:stores holds (npm run stores-docs writes them)', () => {
    const document = readFileSync(documentPath, 'utf8');
    expect(withoutAlignment(document)).toBe(withoutAlignment(withTables(document)));
  });

  it('tells of six stores, none of which keeps other bytes as if they were whole', () => {
    const { cells, findings, versions } = readExpected();
    for (const stores of [cells, findings, versions]) expect(Object.keys(stores)).toHaveLength(6);
    expect(JSON.stringify(Object.values(cells))).not.toMatch(/"[a-z]*u[a-z]*"(?=[,}])/);
  });
});
