import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from '@jest/globals';
import { makeHelloWorldCommand, type HelloWorldOptions } from './make-hello-world-command.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hello-world-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What Kubernetes does to a container's command and arguments (API reference, Container). */
function expand(argument: string, environment: Readonly<Record<string, string>>): string {
  return argument.replaceAll(/\$\$|\$\(([^)]*)\)/g, (found, name: string | undefined) =>
    found === '$$' ? '$' : (environment[name ?? ''] ?? found),
  );
}

function argumentsOf(options: Partial<HelloWorldOptions>): [string, ...string[]] {
  const made = makeHelloWorldCommand({
    inputs: {},
    commands: [],
    mediaType: 'text/plain',
    outputId: 'echo',
    ...options,
  });
  const environment = { PYGEOAPI_JOB_ID: 'EXPANDED' };
  return [...made.command, ...made.args].map((argument) => expand(argument, environment)) as [string, ...string[]];
}

function run(options: Partial<HelloWorldOptions>): string {
  const [file, ...args] = argumentsOf(options);
  return execFileSync(file, args, { cwd: folder, encoding: 'utf8' });
}

const plainMarkers = 'PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: text/plain\nPYGEOAPI_K8S_MANAGER_RESULT_START\n';
const jsonMarkers = 'PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: application/json\nPYGEOAPI_K8S_MANAGER_RESULT_START\n';

const hostile = [
  '$(touch x)',
  '$(PYGEOAPI_JOB_ID)',
  '`touch x`',
  '"; touch x; "',
  "'; exit 1 #",
  "' && touch x && '",
  'two\nlines\n',
  '%s%n%d',
  '\\n\\0\\',
  '$$ $HOME ${HOME}',
  '-e',
  '--',
  '* ? [a-z]',
  'Zoë 世界 🌍',
  'PYGEOAPI_K8S_MANAGER_RESULT_START\nPYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: text/html',
];

describe('the hello-world command, run by the shell', () => {
  test.each(hostile)('writes the name %j as it is and runs nothing of it', (name) => {
    expect(run({ inputs: { name } })).toBe(`${plainMarkers}Hello ${name}!\n`);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(hostile)('writes the message %j as it is, in JSON too', (message) => {
    expect(run({ inputs: { name: 'World', message } })).toBe(`${plainMarkers}Hello World: ${message}\n`);
    const output = run({ inputs: { name: 'World', message }, mediaType: 'application/json' });
    expect(output.startsWith(jsonMarkers)).toBe(true);
    expect(JSON.parse(output.slice(jsonMarkers.length))).toEqual({ id: 'echo', value: `Hello World: ${message}` });
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    [{ name: 'World' }, "Hello 'World'!"],
    [{ name: 'World', message: 'it"s' }, "Hello 'World': 'it\"s'"],
  ])('writes the result of k8s-manager 0.28 of %j', (inputs, result) => {
    const output = run({ inputs, mediaType: 'application/json', shape: 'result' });
    expect(JSON.parse(output.slice(jsonMarkers.length))).toEqual({ result });
  });

  it('writes names that are longer than one argument can be', () => {
    const name = '🌍$'.repeat(100_000);
    expect(run({ inputs: { name } })).toBe(`${plainMarkers}Hello ${name}!\n`);
  });

  it('greets without a message where it is empty, and takes qualified values', () => {
    expect(run({ inputs: { name: { value: 'World' }, message: '' } })).toBe(`${plainMarkers}Hello World!\n`);
  });

  it('runs the commands of the definition first', () => {
    expect(run({ inputs: { name: 'World' }, commands: ['echo first', 'echo "second"'] })).toBe(
      `first\nsecond\n${plainMarkers}Hello World!\n`,
    );
  });

  test.each([
    ['exit 3', 3],
    ['false', 1],
  ])('fails with the command %s and greets nobody', (command, status) => {
    const [file, ...args] = argumentsOf({ inputs: { name: 'World' }, commands: [command] });
    expect(spawnSync(file, args, { encoding: 'utf8' })).toMatchObject({ status, stdout: '' });
  });
});

describe('the hello-world command', () => {
  it('is a fixed program with the text as arguments', () => {
    expect(
      makeHelloWorldCommand({
        inputs: { name: '$x' },
        commands: ['sleep 10'],
        mediaType: 'text/plain',
        outputId: 'echo',
      }),
    ).toEqual({
      command: ['/bin/sh', '-c', `set -e\nsleep 10\nprintf '%s' "$@"`, 'hello-world'],
      args: [`${plainMarkers}Hello $$x!\n`],
    });
  });

  it('refuses a NUL in a text, and writes it in JSON', () => {
    expect(() => argumentsOf({ inputs: { name: 'a\0b' } })).toThrow('The greeting cannot be written.');
    expect(run({ inputs: { name: 'a\0b' }, mediaType: 'application/json' })).toContain('Hello a\\u0000b!');
  });
});
