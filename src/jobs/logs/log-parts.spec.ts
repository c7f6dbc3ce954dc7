import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { type LogPart, rangesOf } from './log-parts.js';

const POD = "Logs of pod 'p'\n";
const FIRST = "Init Container 'first'\n";
const MAIN = "Container 'main'\n";
const LOG = `${POD}${FIRST}a\nb\nc\n${MAIN}1\n2\n3\n4`;

/** The part of a log, which comes in pieces of so many bytes. */
async function partOf(log: string, part: LogPart, piece = 7): Promise<string | undefined> {
  const bytes = Buffer.from(log);
  const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, at) =>
    bytes.subarray(at * piece, (at + 1) * piece),
  );
  const ranges = await rangesOf(Readable.from(pieces), part);
  return ranges?.map(({ start, end }) => bytes.subarray(start, end + 1).toString()).join('');
}

describe('a part of a log that is kept', () => {
  it.each<[string, LogPart, string | undefined]>([
    ['one container, with its heading', { container: 'first' }, `${FIRST}a\nb\nc\n`],
    ['the last container', { container: 'main' }, `${MAIN}1\n2\n3\n4`],
    ['of each container the last lines', { tail: 2 }, `${POD}${FIRST}b\nc\n${MAIN}3\n4`],
    ['all, where there are no more lines', { tail: 4 }, LOG],
    ['of one container the last lines', { container: 'main', tail: 1 }, `${MAIN}4`],
    ['none of a container that is not there', { container: 'other' }, undefined],
  ])('is %s', async (_, part, expected) => {
    for (const piece of [1, 7, 1000]) expect(await partOf(LOG, part, piece)).toBe(expected);
  });

  it('may be empty', async () => {
    expect(await partOf(`${POD}${FIRST}${MAIN}1\n`, { container: 'first', tail: 3 })).toBe(FIRST);
    expect(await partOf('', { tail: 3 })).toBe('');
  });

  it('is of one range where its lines stand together', async () => {
    expect(await rangesOf(Readable.from([Buffer.from(LOG)]), { tail: 4 })).toHaveLength(1);
  });

  it('takes no more places than a pod has containers, whatever a program prints', async () => {
    const printed = `${POD}${MAIN}${"Container 'x'\nline\n".repeat(10_000)}`;
    const ranges = await rangesOf(Readable.from([Buffer.from(printed)]), { container: 'x' });
    expect(ranges?.length).toBeLessThanOrEqual(200);
    expect(await partOf(printed, { container: 'x' }, 4096)).toBe("Container 'x'\nline\n".repeat(10_000));
  });
});
