import { describe, expect, it } from '@jest/globals';
import { InvalidRequestError } from '../../ogc/domain-errors.js';
import type { RegisteredProcess } from '../../processes/registry/registered-process.js';
import { requestedResponse } from './requested-response.js';

const processWith = (...ids: string[]) =>
  ({
    description: {
      outputs: Object.fromEntries(ids.map((id) => [id, {}])),
      outputTransmission: ['value', 'reference'],
    },
  }) as unknown as RegisteredProcess;

describe('what a Job keeps of how its results are wanted', () => {
  it.each([
    [{}, {}, { response: 'raw' }],
    [{}, { asDocument: true }, { response: 'document' }],
    [{ outputs: { a: {} } }, { asDocument: true }, { response: 'raw', outputs: ['a'] }],
    [{ outputs: { a: {} } }, { asDocument: 'always' }, { response: 'document', outputs: ['a'] }],
    [{ response: 'raw' }, { asDocument: 'always', version: '2.0' }, { response: 'raw', version: '2.0' }],
    [
      { outputs: { a: { transmissionMode: 'value' }, b: {} } },
      { byReference: true },
      { response: 'raw', outputs: ['a', 'b'], references: ['b'] },
    ],
  ] as const)('is, of %j with the wishes %j, %j', (request, wishes, kept) => {
    expect(requestedResponse(processWith('a', 'b'), request, wishes)).toEqual(kept);
  });

  it('takes all outputs that a process declares, however many, in their formats', () => {
    const ids = Array.from({ length: 500 }, (_, n) => `output-${n}`);
    const outputs = Object.fromEntries(
      ids.map((id) => [id, { transmissionMode: 'reference' as const, format: { mediaType: 'application/geo+json' } }]),
    );
    expect(requestedResponse(processWith(...ids), { outputs }).references).toEqual(ids);
  });

  it('takes no more names than a Job should keep of a process that declares no outputs', () => {
    const named = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`output-${n}`, {}]));
    expect(requestedResponse(processWith(), { outputs: named(50) }).outputs).toHaveLength(50);
    expect(() => requestedResponse(processWith(), { outputs: named(5000) })).toThrow(InvalidRequestError);
  });

  it('takes no format that is longer than a Job should keep, as it is written there', () => {
    const asking = (mediaType: string) => () =>
      requestedResponse(processWith('a'), { outputs: { a: { format: { mediaType } } } });
    expect(asking(`image/x; a="${'y'.repeat(1000)}"`)).not.toThrow();
    expect(asking(`image/x; a=${'y'.repeat(5000)}`)).toThrow(InvalidRequestError);
    expect(asking(`image/x; a=${'$'.repeat(2500)}`)).toThrow(InvalidRequestError);
    expect(asking(`image/x; a=${'"'.repeat(1500)}`)).toThrow(InvalidRequestError);
  });
});
