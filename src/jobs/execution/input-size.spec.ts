import { describe, expect, it } from '@jest/globals';
import { InputsTooLargeError } from '../../ogc/domain-errors.js';
import { goByAddress, MAX_INPUTS_BYTES } from './input-size.js';

const small = `${'ä'.repeat((MAX_INPUTS_BYTES - 1) / 2)}x`;
const large = `${small}x`;
const process = (largeInputs: 'url' | 'refuse' | 'never') => ({ id: 'buffer', largeInputs });

describe('inputs', () => {
  it('stand in an environment variable as long as they fit it, whatever the process says', () => {
    expect([process('url'), process('refuse'), process('never')].map((each) => goByAddress(each, small, true))).toEqual(
      [false, false, false],
    );
  });

  it('go by address where they do not, and the process says that its container reads them there', () => {
    expect(goByAddress(process('url'), large, true)).toBe(true);
  });

  it.each([
    ['refuse', true, 'definition had "large_inputs: url"'],
    ['never', true, 'cannot read them from an address ("large_inputs: url")'],
    ['url', false, 'needs an object store and server.internal_url'],
  ] as const)('are refused with size, limit and key where the process says %s (files: %s)', (says, files, reason) => {
    const refuse = () => goByAddress(process(says), large, files);
    expect(refuse).toThrow(InputsTooLargeError);
    expect(refuse).toThrow(`The inputs have ${MAX_INPUTS_BYTES + 1} bytes as JSON; at most ${MAX_INPUTS_BYTES} reach`);
    expect(refuse).toThrow(reason);
  });
});
