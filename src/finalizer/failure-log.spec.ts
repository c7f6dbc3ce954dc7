import { describe, expect, it } from '@jest/globals';
import { ObjectStoreError } from '../object-store/object-store.js';
import { FailureLog } from './failure-log.js';

function setUp() {
  const lines: string[] = [];
  return {
    lines,
    log: new FailureLog({ error: (text) => lines.push(`error ${text}`), log: (text) => lines.push(`log ${text}`) }),
  };
}

describe('the log of failures', () => {
  it('names a cause once for all keys and tries, and says when the last is over it', () => {
    const { lines, log } = setUp();
    for (const key of ['pod/a', 'pod/b', 'pod/a', 'pod/b']) log.failed(key, new Error('store away'));
    expect(log.current()).toEqual(new Map([['store away', 2]]));
    log.succeeded('pod/a');
    expect(lines).toEqual(['error pod/a failed and is tried again, as is all else that meets this: store away']);
    log.succeeded('pod/b');
    log.succeeded('pod/c');
    expect(lines.slice(1)).toEqual(['log Over: store away']);
    log.failed('pod/d', new Error('store away'));
    expect(lines).toHaveLength(3);
  });

  it('takes failures of one kind for one cause, whatever object each names', () => {
    const { lines, log } = setUp();
    const denied = (key: string) => new ObjectStoreError('denied', `cannot write ${key}`, true);
    for (const key of ['a', 'b']) log.failed(key, denied(key));
    log.failed('c', new ObjectStoreError('full', 'cannot write c', true));
    expect(lines).toHaveLength(2);
    expect([...log.current()]).toEqual([
      ['cannot write a', 2],
      ['cannot write c', 1],
    ]);
  });

  it('names another cause of the same key', () => {
    const { lines, log } = setUp();
    log.failed('pod/a', 'first');
    log.failed('pod/a', 'second');
    expect(lines.map((line) => line.split(': ').at(-1))).toEqual(['first', 'first', 'second']);
    expect(log.current()).toEqual(new Map([['second', 1]]));
  });
});
