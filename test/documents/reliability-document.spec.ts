import { describe, expect, it } from '@jest/globals';
import { namesTest, readDocument, rowsOfTables } from '../../src/testing/named-test.js';

const rows = rowsOfTables(readDocument('docs/reliability.md'), 'promise');

describe('docs/reliability.md', () => {
  it('says of every promise which fault it holds against, names tests that exist, and says where they run', () => {
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter((cells) => cells.length !== 4 || cells.includes(''))).toEqual([]);
    expect(rows.filter(([, , , where = '']) => !/^(run|run, real|full)(; (run, real|full))*$/.test(where))).toEqual([]);
    const references = rows.flatMap(([, , tests = '']) => tests.split('<br>'));
    expect(references.filter((reference) => !namesTest(reference))).toEqual([]);
  });
});
