import { describe, expect, it } from '@jest/globals';
import { allUsed, parseUsed } from './used.js';

const used = { cpuSeconds: 1.5, memoryByteSeconds: 3e9, memoryPeakBytes: 2e8, samples: 4 };

describe('what a pod used', () => {
  it('is read back as it was noted', () => {
    expect(parseUsed(JSON.stringify(used))).toEqual(used);
  });

  it.each([undefined, '', '[]', '{"cpuSeconds": 1}', JSON.stringify({ ...used, samples: -1 })])(
    'is not known from %j',
    (text) => {
      expect(parseUsed(text)).toBeUndefined();
    },
  );

  it('adds up for the pods of a job, and has the highest peak', () => {
    const more = { cpuSeconds: 1, memoryByteSeconds: 1, memoryPeakBytes: 5, samples: 1 };
    expect(allUsed([used, undefined, more])).toEqual({
      cpuSeconds: 2.5,
      memoryByteSeconds: 3e9 + 1,
      memoryPeakBytes: 2e8,
      samples: 5,
    });
    expect(allUsed([undefined])).toBeUndefined();
  });
});
