import { afterEach, beforeEach, describe, expect, it, jest, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLogDestination } from './log-destination.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-destination-'));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe('the log file', () => {
  test.each([
    ['relative', () => 'server.log'],
    ['absolute', () => join(folder, 'server.log')],
  ])('with a path that is %s is appended to', (_kind, logfile) => {
    writeFileSync(join(folder, 'server.log'), 'earlier\n');
    const destination = openLogDestination(logfile(), folder, 'c.yaml');
    destination.write('line 1\n');
    destination.write('line 2\n');
    destination.close();
    expect(readFileSync(join(folder, 'server.log'), 'utf8')).toBe('earlier\nline 1\nline 2\n');
    expect(destination.stream).toBeUndefined();
  });

  it('goes on after a rotation that copies and truncates', () => {
    const destination = openLogDestination('server.log', folder, 'c.yaml');
    destination.write('before\n');
    writeFileSync(join(folder, 'server.log'), '');
    destination.write('after\n');
    destination.close();
    expect(readFileSync(join(folder, 'server.log'), 'utf8')).toBe('after\n');
  });

  test.each([
    ['nowhere/server.log', 'its folder does not exist'],
    ['.', 'it is a folder'],
    ['file/server.log', 'a part of the path is no folder'],
  ])('that cannot be opened (%s) stops the start', (logfile, reason) => {
    writeFileSync(join(folder, 'file'), '');
    const path = join(folder, logfile);
    expect(() => openLogDestination(logfile, folder, 'c.yaml')).toThrow(
      `c.yaml: logging.logfile: must be a file that can be opened for appending, or stdout (${path}: ${reason})`,
    );
  });

  it('that cannot be written any more does not stop the server: the lines go to the standard error', () => {
    const written: unknown[] = [];
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(text) > 0);
    const destination = openLogDestination('server.log', folder, 'c.yaml');
    destination.close();
    destination.write('one\n');
    destination.write('two\n');
    expect(written).toEqual([expect.stringContaining('server.log cannot be written'), 'one\n', 'two\n']);
  });
});

test.each([
  [undefined, process.stdout],
  ['stdout', process.stdout],
  ['/dev/stdout', process.stdout],
  ['stderr', process.stderr],
])('logfile %s is a stream of the process', (logfile, stream) => {
  const lines: unknown[] = [];
  jest.spyOn(stream, 'write').mockImplementation((text) => lines.push(text) > 0);
  const destination = openLogDestination(logfile, folder, 'c.yaml');
  destination.write('line\n');
  expect([destination.stream, lines]).toEqual([stream, ['line\n']]);
});

it('a log that is another than the server’s says once to where it is told that its disk is full', () => {
  const written: unknown[] = [];
  const told: unknown[] = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(text) > 0);
  const destination = openLogDestination('/dev/full', folder, 'c.yaml', {
    key: 'access.audit',
    tell: (text) => told.push(text),
  });
  destination.write('one\n');
  destination.write('two\n');
  destination.close();
  expect([told, written]).toEqual([
    ['/dev/full cannot be written: no space is left; its lines go to the standard error.'],
    ['one\n', 'two\n'],
  ]);
  const open = () =>
    openLogDestination('nowhere/log', folder, 'c.yaml', { key: 'access.audit', tell: () => undefined });
  expect(open).toThrow(/^c\.yaml: access\.audit: must be a file/);
});
