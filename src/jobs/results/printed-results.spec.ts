import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { PrintedResults } from './printed-results.js';

const START = 'PYGEOAPI_K8S_MANAGER_RESULT_START';
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

async function read(log: string, chunkSize = 50) {
  const results = new PrintedResults();
  const bytes = Buffer.from(log);
  for (let at = 0; at < bytes.length; at += chunkSize) await results.write(bytes.subarray(at, at + chunkSize));
  await results.end();
  const { fault, unnamed, outputs } = results;
  const found = [];
  for (const [id, { mediaType, body }] of [...(unnamed ? [['', unnamed] as const] : []), ...outputs])
    found.push([id, mediaType, await body.bytes()]);
  await results.dispose();
  return { fault: fault && [fault.type, fault.message], found };
}

describe('results that were printed as base64', () => {
  const bytes = Buffer.from(Array.from({ length: 1025 }, (_, index) => index % 256));
  const wrapped = bytes.toString('base64').replace(/.{76}/g, '$&\r\n');

  it.each([1, 3, 50, 77, 10_000])('are their bytes, exactly, in chunks of %d bytes', async (chunkSize) => {
    const head = `bytes=1025 sha256=${sha256(bytes)} encoding=base64`;
    const log = `${START} output=a mimetype=image/png ${head}\n${wrapped}\n${START} output=b encoding=base64\n${bytes.toString('base64').replaceAll('=', '')}\n`;
    expect(await read(log, chunkSize)).toEqual({
      fault: undefined,
      found: [
        ['a', 'image/png', bytes],
        ['b', undefined, bytes],
      ],
    });
  });

  it('may have no name', async () => {
    expect(await read(`${START} encoding=base64\nAAE=\n`)).toEqual({
      fault: undefined,
      found: [['', undefined, Buffer.from([0, 1])]],
    });
  });

  it.each(['AAE=\ndone', 'A', 'AAE', 'AA=E', 'AAE=\nAAE=', 'AA_-', 'A===', 'AAA=='])(
    'are damaged where they are none: %j',
    async (text) => {
      const expected =
        text === 'AAE'
          ? undefined
          : ['result-damaged', 'The result of output "a" is damaged: what was printed is not base64.'];
      expect((await read(`${START} output=a encoding=base64\n${text}\n`)).fault).toEqual(expected);
    },
  );
});

describe('results that are not what was announced', () => {
  it.each([
    ['bytes=5\nabc', 'the job announced 5 bytes, and its log has 3'],
    ['bytes=2\nabc', 'the job announced 2 bytes, and its log has 3'],
    ['bytes=3 encoding=base64\nAAE=', 'the job announced 3 bytes, and its log has 2'],
    [
      `sha256=${'0'.repeat(64)}\nabc`,
      `the job announced the SHA-256 ${'0'.repeat(64)}, and what its log has gives ${sha256('abc')}`,
    ],
  ])('are damaged, and so is their job: %s', async (rest, message) => {
    expect(await read(`${START} ${rest}\n`)).toEqual({
      fault: ['result-damaged', `The result without a name is damaged: ${message}.`],
      found: [],
    });
    expect((await read(`${START} output=y\n1\n${START} output=x ${rest}\n`)).fault).toEqual([
      'result-damaged',
      `The result of output "x" is damaged: ${message}.`,
    ]);
  });

  it('are refused where an output comes twice', async () => {
    expect(await read(`${START} output=x\n1\n${START} output=y\n2\n${START} output=x\n3\n`)).toEqual({
      fault: ['result-invalid', 'The job printed the result of output "x" twice.'],
      found: [],
    });
  });

  it('are refused where they are many', async () => {
    const log = (count: number) => Array.from({ length: count }, (_, at) => `${START} output=${at}\n${at}\n`).join('');
    expect((await read(log(100), 1000)).found).toHaveLength(100);
    expect((await read(log(101), 1000)).fault).toEqual([
      'result-too-large',
      'The job printed results of more than 100 outputs.',
    ]);
  });

  it('are refused where a marker is wrong', async () => {
    expect((await read(`${START} output=x bytes=many\n1\n`)).fault?.[0]).toBe('result-invalid');
  });
});
