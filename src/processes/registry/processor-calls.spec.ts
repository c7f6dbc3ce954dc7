import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  InvalidRequestError,
  MisconfiguredError,
  ProcessNotFoundError,
  UnauthorizedError,
  UnavailableError,
} from '../../ogc/domain-errors.js';
import { ProcessorCalls } from './processor-calls.js';

/** A clock that stands still until it is told to ring. */
function manualTime() {
  const waiting = new Map<() => void, number>();
  const after = (milliseconds: number, callback: () => void) => {
    waiting.set(callback, milliseconds);
    return () => void waiting.delete(callback);
  };
  return { after, waiting, ring: () => [...waiting.keys()].forEach((callback) => callback()) };
}

describe('a call of a processor', () => {
  const time = manualTime();
  const calls = new ProcessorCalls('my.Processor', 'buffer', 12, time.after);
  const failed = new MisconfiguredError(
    'Processor "my.Processor" of process "buffer" failed to make a pod; the server\'s log says why.',
  );
  let logged: jest.SpiedFunction<Logger['error']>;
  beforeEach(() => {
    logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => logged.mockRestore());

  it('gives what the processor gives, and waits no longer', async () => {
    await expect(calls.call('make a pod', async () => 5)).resolves.toBe(5);
    expect([time.waiting.size, logged.mock.calls.length]).toEqual([0, 0]);
  });

  it('that fails names processor and process, and keeps the reason for the log', async () => {
    const work = async () => Promise.reject(new Error('the password is hunter2'));
    await expect(calls.call('make a pod', work)).rejects.toEqual(failed);
    expect(logged.mock.calls[0]?.[0]).toMatch(
      /^Processor "my.Processor" of process "buffer" failed to make a pod: Error: the password is hunter2\n +at /,
    );
    expect(time.waiting.size).toBe(0);
  });

  it.each([[null], [undefined], ['text'], [{ code: 5 }], [new ProcessNotFoundError('x')]])(
    'that throws %j is no other failure',
    async (thrown) => {
      const work = async () => {
        throw thrown;
      };
      await expect(calls.call('make a pod', work)).rejects.toEqual(failed);
      expect(logged).toHaveBeenCalledTimes(1);
    },
  );

  it('that does not end is given up after its time', async () => {
    const call = calls.call('make a pod', () => new Promise(() => undefined));
    expect([...time.waiting.values()]).toEqual([12_000]);
    time.ring();
    await expect(call).rejects.toEqual(failed);
    expect(logged.mock.calls[0]?.[0]).toContain('it did not answer within 12 s');
  });

  it.each([new InvalidRequestError('bad'), new UnauthorizedError('no'), new UnavailableError('later', 9)])(
    'passes on what is meant for clients: %s',
    async (error) => {
      await expect(calls.call('make a pod', () => Promise.reject(error))).rejects.toBe(error);
      expect(logged).not.toHaveBeenCalled();
    },
  );
});
