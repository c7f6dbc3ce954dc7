import { describe, expect, it } from '@jest/globals';
import { stateIn } from './watch-line.js';

const METADATA = '"name":"job-1","namespace":"here","uid":"u-1","resourceVersion":"42"';
const event = (metadata: string, type = 'ADDED', kind = '"kind":"Job","apiVersion":"batch/v1"') =>
  Buffer.from(`{"type":"${type}","object":{${kind},"metadata":{${metadata},"labels":{}},"spec":{}}}`);
const STATE = { name: 'job-1', namespace: 'here', uid: 'u-1', version: '42' };

describe('the state that a line of a watch brings', () => {
  it.each([
    ['an object that is new', event(METADATA)],
    ['an object that was changed', event(METADATA, 'MODIFIED')],
    ['an object whose name was generated', event(METADATA.replace(',', ',"generateName":"job-",'), 'ADDED')],
    ['an object of the core group', event(METADATA, 'ADDED', '"kind":"Pod","apiVersion":"v1"')],
  ])('is told by the beginning: of %s', (_what, line) => {
    expect(stateIn(line)).toEqual(STATE);
  });

  it.each([
    ['a deletion, which says more than the state', event(METADATA, 'DELETED')],
    ['a bookmark', Buffer.from('{"type":"BOOKMARK","object":{"kind":"Job","metadata":{"resourceVersion":"42"}}}')],
    ['an error', Buffer.from('{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"code":410}}')],
    ['an object of no namespace', event('"name":"job-1","uid":"u-1","resourceVersion":"42"')],
    ['members in another order', event('"uid":"u-1","name":"job-1","namespace":"here","resourceVersion":"42"')],
    ['a text that is escaped', event(METADATA.replace('job-1', String.raw`job\u002d1`))],
    ['a line that is cut', event(METADATA).subarray(0, 100)],
  ])('is not told by the beginning of %s', (_what, line) => {
    expect(stateIn(line)).toBeUndefined();
  });
});
