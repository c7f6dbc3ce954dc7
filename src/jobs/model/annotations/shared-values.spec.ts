import { describe, expect, it } from '@jest/globals';
import { SharedValues } from './shared-values.js';

describe('values of texts', () => {
  it('are one object for each text', () => {
    const values = new SharedValues((text) => ({ text }));
    expect(values.of('a')).toBe(values.of('a'));
    expect(values.of('b')).toEqual({ text: 'b' });
  });

  it('are right, and few are kept, of however many texts', () => {
    const values = new SharedValues((text) => ({ text }));
    const first = values.of('0');
    for (let at = 0; at < 5000; at += 1) expect(values.of(`${at}`).text).toBe(`${at}`);
    expect(values.of('0')).not.toBe(first);
  });

  it('are made each time of a long text', () => {
    const values = new SharedValues((text) => ({ text }));
    expect(values.of('x'.repeat(1000))).not.toBe(values.of('x'.repeat(1000)));
  });
});
