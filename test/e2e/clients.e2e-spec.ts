import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onRealCluster } from '../support/cluster.js';
import { TestBed, TOKEN } from '../support/test-bed.js';

/** `TEST_PYTHON` names a Python that has the packages of test/clients/requirements.txt. */
const python = process.env['TEST_PYTHON'];
const withPython = python === undefined ? it.skip : it;
/** Seconds of fuzzing. */
const FUZZ_SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 45);
/** What the fuzzing leaves alone: executions that fail by design, or run on. */
const FUZZED = ['hello', 'lines', 'inputs', 'two-outputs', 'no-result', 'unicode'];

let bed: TestBed;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clients-'));
  bed = await TestBed.start();
});
afterAll(async () => {
  await (bed as TestBed | undefined)?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** @returns what it printed; rejects with it where the program fails */
const run = (file: string, args: readonly string[], cwd = folder) =>
  new Promise<string>((done, reject) => {
    execFile(file, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${file} ${args.join(' ')}\n${stdout}\n${stderr}`)) : done(stdout),
    );
  });
const node = (program: string, ...args: string[]) => run(process.execPath, [resolve(program), ...args]);

describe('a client that is not ours', () => {
  it('generated of the OpenAPI document compiles and runs a process', async () => {
    await symlink(resolve('node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await copyFile('test/clients/generated-client.ts', join(folder, 'client.ts'));
    await mkdir(join(folder, 'generated'));
    await node(
      'node_modules/@hey-api/openapi-ts/bin/run.js',
      ...['--input', `${bed.url}/openapi`, '--output', join(folder, 'generated')],
      ...['--plugins', '@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
    );
    const options = ['--module', 'nodenext', '--target', 'es2023', '--lib', 'es2024,dom,dom.iterable'];
    await node(
      'node_modules/typescript/bin/tsc',
      ...options,
      '--strict',
      '--skipLibCheck',
      '--types',
      'node',
      'client.ts',
    );
    expect(await run(process.execPath, ['client.js', bed.url])).toContain('the process ran');
  });

  withPython(
    'OWSLib runs a process, synchronously and asynchronously',
    async () => {
      expect(await run(python ?? '', [resolve('test/clients/owslib_client.py'), bed.url])).toContain('the process ran');
    },
    120_000,
  );
});

describe('fuzzing', () => {
  (onRealCluster ? it.skip : withPython)(
    'finds no undocumented status or media type, no answer against its schema, and no 5xx',
    async () => {
      const executions = `/processes/(?!(${FUZZED.join('|')})/)[^/{]+/(execution|jobs)$`;
      // They have no end, and each event would be compared with the schema of the whole (findings/schemathesis-takes-events-for-documents.sh).
      const streams = '/events$';
      const report = await run(python ?? '', [
        ...['-m', 'schemathesis.cli', 'run', `${bed.url}/openapi`, '--header', `Authorization: Bearer ${TOKEN}`],
        ...[
          '--phases',
          'examples,coverage,fuzzing',
          '--max-time',
          String(FUZZ_SECONDS),
          '--request-timeout',
          '60',
          '--warnings',
          'off',
        ],
        ...['--continue-on-failure', '--exclude-path-regex', `${executions}|${streams}`, '--no-color'],
        '--checks',
        'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance',
      ]);
      expect(report).toMatch(/No issues found|passed/);
    },
    300_000 + FUZZ_SECONDS * 1000,
  );
});
