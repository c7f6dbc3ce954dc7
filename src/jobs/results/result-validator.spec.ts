import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import type { Configuration, ResultValidation } from '../../config/configuration.js';
import type { ObjectStore } from '../../object-store/object-store.js';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { processWith } from '../../processes/testing/process-fixture.js';
import { ResultFault, type StoredResult } from '../model/job-outcome.js';
import { aJob } from '../testing/records.js';
import type { PrintedOutput } from './printed-results.js';
import { MOST_VALIDATED, ResultValidator } from './result-validator.js';
import { Spool } from './spool.js';

const NUMBER = { schema: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } } };
const CSV = { schema: { type: 'string', contentMediaType: 'text/csv' } };
const BOTH = { numbers: NUMBER, table: CSV };

async function printed(text: string | Buffer, mediaType?: string): Promise<PrintedOutput> {
  const body = new Spool();
  await body.write(Buffer.from(text));
  return { body, ...(mediaType === undefined ? {} : { mediaType }) };
}

interface Given {
  readonly outputs?: Readonly<Record<string, object>>;
  readonly unnamed?: PrintedOutput;
  readonly named?: Readonly<Record<string, PrintedOutput>>;
  readonly files?: Readonly<Record<string, StoredResult>>;
  readonly stored?: string;
  readonly requested?: readonly string[];
  readonly own?: ResultValidation;
  readonly byDefault?: ResultValidation;
}

function problemsOf({ outputs = BOTH, unnamed, named = {}, files = {}, stored, requested, own, byDefault }: Given) {
  const process = processWith({ outputs }, own ? { result_validation: own } : {});
  const registry = { find: (id: string) => (id === process.id ? process : undefined) } as unknown as ProcessRegistry;
  const store = {
    read: () => Promise.resolve(stored === undefined ? undefined : { body: Readable.from([Buffer.from(stored)]) }),
  } as unknown as ObjectStore;
  const jobs = byDefault === undefined ? {} : { resultValidation: byDefault };
  const configuration = { server: { manager: { jobs } } } as Configuration;
  const job = aJob({
    processId: process.id,
    ...(requested ? { request: { response: 'raw' as const, outputs: requested } } : {}),
  });
  const given = { unnamed, outputs: new Map(Object.entries(named)), files: new Map(Object.entries(files)) };
  return new ResultValidator(registry, store, configuration).problemsOf(job, given);
}

describe('what is wrong with results', () => {
  it('is nothing where they are what they are called', async () => {
    expect(
      await problemsOf({
        named: { numbers: await printed('{"n": 1}', 'application/json'), table: await printed('a,b') },
      }),
    ).toEqual([]);
  });

  it.each(['NaN', '{"n": NaN}', '{"n": 1', '', "{'n': 1}"])('is that %j is no JSON', async (text) => {
    expect(await problemsOf({ outputs: { numbers: NUMBER }, unnamed: await printed(text) })).toEqual([
      { output: 'numbers', message: expect.stringMatching(/^is called application\/json, and is no JSON: /) },
    ]);
  });

  it('is each place in which JSON does not fit the schema', async () => {
    expect(
      await problemsOf({ outputs: { numbers: NUMBER }, unnamed: await printed('{"n": "1"}', 'application/geo+json') }),
    ).toEqual([{ output: 'numbers', pointer: '/n', message: 'must be an integer (is "1")' }]);
    expect(await problemsOf({ outputs: { numbers: NUMBER }, unnamed: await printed('{}') })).toEqual([
      { output: 'numbers', pointer: '/n', message: 'is missing; it is required' },
    ]);
  });

  it('is not the schema of a text that holds JSON', async () => {
    const outputs = { text: { schema: { type: 'string', contentMediaType: 'application/json' } } };
    expect(await problemsOf({ outputs, unnamed: await printed('{"n": 1}') })).toEqual([]);
  });

  it('is that text is not UTF-8, but for text that says another charset', async () => {
    const latin = Buffer.from('ä', 'latin1');
    const problem = { output: 'table', message: 'is called text/csv, and is not UTF-8' };
    expect(await problemsOf({ outputs: { table: CSV }, unnamed: await printed(latin) })).toEqual([problem]);
    const charset = 'text/csv; charset=iso-8859-1';
    expect(await problemsOf({ outputs: { table: CSV }, unnamed: await printed(latin, charset) })).toEqual([]);
  });

  it('is that an output has none, of those that were asked for', async () => {
    const numbers = { numbers: await printed('{"n": 1}', 'application/json') };
    expect(await problemsOf({ named: numbers })).toEqual([{ output: 'table', message: 'has no result' }]);
    expect(await problemsOf({ named: numbers, requested: ['numbers'] })).toEqual([]);
    expect(await problemsOf({})).toEqual([
      { output: 'numbers', message: 'has no result' },
      { output: 'table', message: 'has no result' },
    ]);
    expect(await problemsOf({ outputs: {} })).toEqual([]);
  });

  it('is looked for in the properties of a result that serves several outputs', async () => {
    expect(await problemsOf({ unnamed: await printed('{"numbers": {"n": 1.5}}') })).toEqual([
      { output: 'numbers', pointer: '/n', message: 'must be an integer (is 1.5)' },
      { output: 'table', message: 'has no result' },
    ]);
    expect(await problemsOf({ unnamed: await printed('[]') })).toEqual([
      { message: 'must be an object with the outputs numbers, table' },
    ]);
  });

  it('is looked for in uploaded files, too', async () => {
    const file = { key: 'k', size: 4, mediaType: 'application/json', digest: 'sha256:x' };
    const given = { outputs: { numbers: NUMBER }, files: { numbers: file } };
    expect(await problemsOf({ ...given, stored: 'half' })).toMatchObject([{ output: 'numbers' }]);
    expect(await problemsOf({ ...given, stored: '{"n": 2}' })).toEqual([]);
  });

  it('is not looked for in what is no text, or is too large to be looked into', async () => {
    const image = await printed(Buffer.from([0xff, 0xd8]), 'image/jpeg');
    expect(await problemsOf({ outputs: { image: { schema: {} } }, unnamed: image })).toEqual([]);
    const large = { key: 'k', size: MOST_VALIDATED + 1, mediaType: 'application/json', digest: 'sha256:x' };
    expect(await problemsOf({ outputs: { numbers: NUMBER }, files: { numbers: large }, stored: 'no' })).toEqual([]);
  });

  it('is kept short', async () => {
    const outputs = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`o${at}`, CSV]));
    const problems = await problemsOf({ outputs });
    expect(problems).toHaveLength(21);
    expect(problems.at(-1)).toEqual({ message: 'and 10 more' });
  });

  it.each(['off', 'warn', 'fail'] as const)('is, by default, what the manager says: %s', async (byDefault) => {
    const found = problemsOf({ outputs: { numbers: NUMBER }, unnamed: await printed('NaN'), byDefault });
    if (byDefault === 'fail') await expect(found).rejects.toThrow(ResultFault);
    else expect(await found).toHaveLength(byDefault === 'warn' ? 1 : 0);
    expect(await problemsOf({ outputs: { numbers: NUMBER }, byDefault, own: 'off' })).toEqual([]);
  });

  it('fails a job whose process says so, with the cause', async () => {
    await expect(problemsOf({ own: 'fail' })).rejects.toMatchObject({
      type: 'result-missing',
      message:
        'The job ended well, but gave no result for "numbers", "table". Its process demands one (result_validation: fail).',
    });
    const unnamed = await printed('{"n": "1"}');
    await expect(problemsOf({ own: 'fail', outputs: { numbers: NUMBER }, unnamed })).rejects.toMatchObject({
      type: 'result-invalid',
      message: 'The result of output "numbers" at /n must be an integer (is "1").',
    });
  });
});
