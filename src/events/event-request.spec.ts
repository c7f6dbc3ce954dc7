import { describe, expect, it } from '@jest/globals';
import { InvalidRequestError, NotAcceptableError } from '../ogc/domain-errors.js';
import { demandEvents, MOST_IDS, parseEventsQuery, parseJobEventsQuery } from './event-request.js';
import { idOf } from './testing/event-bed.js';

function faultsOf(parse: () => unknown): string[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (error instanceof InvalidRequestError) return error.faults.map(({ pointer }) => pointer);
    throw error;
  }
}

describe('a request for events', () => {
  it.each([
    [undefined, true],
    ['*/*', true],
    ['text/*', true],
    ['text/html, text/event-stream;q=0.1', true],
    ['application/json', false],
    ['text/event-stream;q=0', false],
  ])('that accepts %s is answered: %j', (accept, isAnswered) => {
    const demand = () => demandEvents({ headers: { accept } });
    if (isAnswered) expect(demand).not.toThrow();
    else expect(demand).toThrow(NotAcceptableError);
  });

  it.each([
    [{ limit: '10' }, ['limit']],
    [{ offset: '10', sortby: 'created', cursor: 'x', f: 'json' }, ['offset', 'sortby', 'cursor', 'f']],
    [{ status: 'done' }, ['status']],
    [{ datetime: 'x', minDuration: 'y' }, ['datetime', 'minDuration']],
    [{ id: 'x' }, ['id']],
    [{ id: Array.from({ length: MOST_IDS + 1 }, (_, number) => idOf(number)) }, ['id']],
    [{ id: [idOf(1), idOf(2)], status: 'running', utm_source: 'x' }, []],
  ])('of all jobs with %j has these faults: %j', (query, faults) => {
    expect(faultsOf(() => parseEventsQuery(query as Record<string, string>, ['utm_*']))).toEqual(faults);
  });

  it('of one job has no parameters', () => {
    expect(faultsOf(() => parseJobEventsQuery({ status: 'running', fbclid: '1' }, ['fbclid']))).toEqual(['status']);
  });

  it('names each job once, in either way of writing lists', () => {
    const { ids } = parseEventsQuery({ id: [`${idOf(1)},${idOf(2)}`, idOf(2), ''] }, []);
    expect(ids).toEqual([idOf(1), idOf(2)]);
    expect(parseEventsQuery({ id: '' }, []).ids).toBeUndefined();
  });
});
