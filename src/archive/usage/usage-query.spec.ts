import { describe, expect, it } from '@jest/globals';
import { InvalidRequestError } from '../../ogc/domain-errors.js';
import { parseUsageQuery } from './usage-query.js';

const NOW = new Date('2026-11-30T12:00:00Z');
const read = (query: Readonly<Record<string, string | string[]>>, hasOwners = true) =>
  parseUsageQuery(query, hasOwners, NOW);

function faultsOf(query: Readonly<Record<string, string | string[]>>, hasOwners = true) {
  try {
    return { read: read(query, hasOwners) };
  } catch (error) {
    return (error as InvalidRequestError).faults;
  }
}

describe('the parameters of usage', () => {
  it('ask for months where they say nothing', () => {
    expect(read({})).toEqual({ by: 'month' });
    expect(read({ by: '', datetime: '', f: 'csv', lang: 'de' })).toEqual({ by: 'month' });
  });

  it('say by what, and of when', () => {
    expect(read({ by: 'owner', datetime: 'P1D/..' })).toEqual({
      by: 'owner',
      created: { start: NOW.getTime() - 86_400_000, end: Infinity },
    });
    expect(read({ by: 'process', datetime: '2026-11-01/2026-11-30' }).created).toEqual({
      start: Date.parse('2026-11-01'),
      end: Date.parse('2026-12-01') - 1,
    });
  });

  it('are each told where they are wrong', () => {
    expect(faultsOf({ by: 'day', datetime: 'now', tag: 'a' })).toEqual([
      { pointer: 'tag', message: 'is not a parameter of this resource; those are by, datetime, f, lang' },
      { pointer: 'by', message: 'must be one of month, process, owner (is "day")' },
      {
        pointer: 'datetime',
        message: 'must be an RFC 3339 date-time, or an interval START/END with ".." for an open end',
      },
    ]);
    expect(faultsOf({ by: ['month', 'owner'] })).toEqual([{ pointer: 'by', message: 'must be given once' }]);
    expect(faultsOf({ by: 'owner' }, false)).toEqual([
      expect.objectContaining({ pointer: 'by', message: expect.stringContaining('access.roles') }),
    ]);
  });
});
