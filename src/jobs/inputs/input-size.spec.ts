import { describe, expect, it } from '@jest/globals';
import { InputsTooLargeError } from '../../ogc/domain-errors.js';
import { assertPodHolds, goByAddress, MAX_INPUTS_BYTES, MOST_INPUTS_BESIDE_STORE } from './input-size.js';

const small = `${'ä'.repeat((MAX_INPUTS_BYTES - 1) / 2)}x`;
const large = `${small}x`;
const sizeOf = (text: string) => Buffer.byteLength(text);
const process = (largeInputs: 'url' | 'refuse' | 'never') => ({ id: 'buffer', largeInputs });

describe('inputs', () => {
  it('stand in an environment variable as long as they fit it, where they cannot go otherwise', () => {
    expect([process('refuse'), process('never')].map((each) => goByAddress(each, sizeOf(small), true))).toEqual([
      false,
      false,
    ]);
    expect(goByAddress(process('url'), sizeOf(small), false)).toBe(false);
  });

  it('of more than 16 KiB go by address where the process says that its container reads them there', () => {
    expect(goByAddress(process('url'), MOST_INPUTS_BESIDE_STORE, true)).toBe(false);
    expect(goByAddress(process('url'), MOST_INPUTS_BESIDE_STORE + 1, true)).toBe(true);
    expect(goByAddress(process('url'), 2001, true, 2000)).toBe(true);
  });

  it('are refused above max_inline_inputs, which the message names', () => {
    expect(goByAddress(process('refuse'), 2000, true, 2000)).toBe(false);
    const refuse = () => goByAddress(process('refuse'), 2001, true, 2000);
    expect(refuse).toThrow('The inputs have 2001 bytes as JSON; at most 2000 reach');
    expect(refuse).toThrow('max_inline_inputs is 2000');
  });

  it('go by address where they do not, and the process says that its container reads them there', () => {
    expect(goByAddress(process('url'), sizeOf(large), true)).toBe(true);
  });

  it.each([
    ['refuse', true, 'definition had "large_inputs: url"'],
    ['never', true, 'cannot read them from an address ("large_inputs: url")'],
    ['url', false, 'needs an object store and server.internal_url'],
  ] as const)('are refused with size, limit and key where the process says %s (files: %s)', (says, files, reason) => {
    const refuse = () => goByAddress(process(says), sizeOf(large), files);
    expect(refuse).toThrow(InputsTooLargeError);
    expect(refuse).toThrow(`The inputs have ${MAX_INPUTS_BYTES + 1} bytes as JSON; at most ${MAX_INPUTS_BYTES} reach`);
    expect(refuse).toThrow(reason);
  });
});

describe('a pod that a processor makes of inputs', () => {
  const pod = (size: number) => ({ containers: [{ name: 'main', args: ['x'.repeat(size)] }] });

  it('may hold as much of them as the Job may, where max_inline_inputs says how much', () => {
    const refuse = () => assertPodHolds(pod(90_000), 'x'.repeat(90_000), 32_768);
    expect(refuse).toThrow(InputsTooLargeError);
    expect(refuse).toThrow('the Job itself may hold 32768 of them (max_inline_inputs)');
    expect(() => assertPodHolds(pod(1000), 'x'.repeat(90_000), 32_768)).not.toThrow();
    expect(() => assertPodHolds(pod(90_000), 'x'.repeat(90_000), undefined)).not.toThrow();
  });

  it('is not held against a client that sends little', () => {
    expect(() => assertPodHolds(pod(90_000), '{}', 32_768)).not.toThrow();
  });
});
