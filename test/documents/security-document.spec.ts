import { describe, expect, it } from '@jest/globals';
import { namesTest, readDocument, rowsOfTables } from '../../src/testing/named-test.js';

const [, promises = ''] = readDocument('docs/security.md').split('\n## Promises and their tests\n');
const rows = rowsOfTables(promises, 'promise');

describe('docs/security.md', () => {
  it('names tests that exist for every promise', () => {
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.filter((cells) => cells.length !== 2 || cells.includes(''))).toEqual([]);
    const references = rows.flatMap(([, tests = '']) => tests.split('<br>'));
    expect(references.filter((reference) => !namesTest(reference))).toEqual([]);
  });
});
