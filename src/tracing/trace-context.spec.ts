import { describe, expect, it } from '@jest/globals';
import { formatTraceParent, parseTraceParent } from './trace-context.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const given = `00-${TRACE}-${SPAN}-01`;

describe('a traceparent', () => {
  it('is read and passed on as it is', () => {
    const span = parseTraceParent({ traceparent: given, tracestate: 'a=1, b=2' });
    expect(span).toMatchObject({ traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true });
    expect(formatTraceParent(span)).toEqual({ traceparent: given, tracestate: 'a=1,b=2' });
  });

  it.each([
    ['not sampled', `00-${TRACE}-${SPAN}-00`, `00-${TRACE}-${SPAN}-00`],
    ['with flags to come', `00-${TRACE}-${SPAN}-fb`, given],
    ['of a version to come', `cc-${TRACE}-${SPAN}-01-more`, given],
    ['of a version to come, without more', `cc-${TRACE}-${SPAN}-01`, given],
  ])('%s is read', (_what, traceparent, passedOn) => {
    expect(formatTraceParent(parseTraceParent({ traceparent }))).toEqual({ traceparent: passedOn });
  });

  it.each([
    [undefined],
    [''],
    [[given]],
    [`${given}-more`],
    [` ${given}`],
    [given.toUpperCase()],
    [`ff-${TRACE}-${SPAN}-01`],
    [`00-${'0'.repeat(32)}-${SPAN}-01`],
    [`00-${TRACE}-${'0'.repeat(16)}-01`],
    [`00-${TRACE}-${SPAN}`],
    [`00-${TRACE}-${SPAN}-1`],
    [`cc-${TRACE}-${SPAN}-01.more`],
  ])('%j is none', (traceparent) => {
    expect(parseTraceParent({ traceparent, tracestate: 'a=1' })).toBeUndefined();
  });

  it.each([['x'.repeat(513)], ['nonsense'], [''], [undefined], [['a=1']], ['a=ü']])(
    'goes without the tracestate %j',
    (tracestate) => {
      expect(formatTraceParent(parseTraceParent({ traceparent: given, tracestate }))).toEqual({ traceparent: given });
    },
  );

  it('is not made of nothing', () => {
    expect(formatTraceParent(undefined)).toBeUndefined();
    expect(formatTraceParent({ traceId: '0'.repeat(32), spanId: SPAN, traceFlags: 1 })).toBeUndefined();
  });
});
