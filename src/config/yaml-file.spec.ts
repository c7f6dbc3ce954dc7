import { afterEach, describe, expect, it, test } from '@jest/globals';
import { join } from 'node:path';
import { ConfigurationError } from './configuration-error.js';
import { isFromEnvironment } from './provenance.js';
import { temporaryFolder, thrownBy } from './testing/temporary-files.js';
import { readYamlFile } from './yaml-file.js';

const folders: { remove: () => void }[] = [];

function read(content: string, environment: NodeJS.ProcessEnv = {}) {
  const folder = temporaryFolder({ 'c.yaml': content });
  folders.push(folder);
  return readYamlFile(join(folder.path, 'c.yaml'), 'c.yaml', environment);
}

afterEach(() => folders.splice(0).forEach((folder) => folder.remove()));

describe('YAML 1.1 as the predecessor read it', () => {
  test.each([
    ['off', false],
    ['Yes', true],
    ['ON', true],
    ['n', 'n'],
    ['y', 'y'],
    ['~', null],
    ['1_000', 1000],
    ['010', 8],
    ['0x1F', 31],
    ['1.5', 1.5],
    ['1.5e+3', 1500],
    ['1e5', '1e5'],
    ['.', '.'],
    ['-.5', -0.5],
    ['2024-05-01', '2024-05-01'],
    ['"off"', 'off'],
    ['!!str 5', '5'],
  ])('%s is %j', (text, value) => {
    expect(read(`value: ${text}`).content).toEqual({ value });
  });

  it('merges anchors and keeps keys texts', () => {
    const { content } = read(
      ['base: &base {a: 1, b: 2}', 'merged:', '  <<: *base', '  b: 3', 'no: nein', '1: one', 'copy: *base'].join('\n'),
    );
    expect(content).toEqual({
      base: { a: 1, b: 2 },
      merged: { a: 1, b: 3 },
      no: 'nein',
      1: 'one',
      copy: { a: 1, b: 2 },
    });
  });
});

describe('references to environment variables', () => {
  const environment = {
    PORT: '80',
    EMPTY: '',
    WORD: 'word',
    FLAG: 'off',
    PASSWORD: '0123',
    LONG: '12345678901234567890',
    FLOAT: '1.25',
  };

  test.each([
    ['${PORT}', 80],
    ['${UNSET:-5000}', 5000],
    ['${UNSET:-}', null],
    ['${EMPTY}', null],
    ['${EMPTY:-default}', null],
    ['${WORD:-default}', 'word'],
    ['${FLAG}', false],
    ['${FLOAT}', 1.25],
    ['${PASSWORD}', '0123'],
    ['${LONG}', '12345678901234567890'],
    ['http://${WORD}:${PORT}/', 'http://word:80/'],
    ['${PORT}${PORT}', 8080],
    ['"${PORT}"', '${PORT}'],
    ["'echo ${PORT}'", 'echo ${PORT}'],
    ['!!str ${PORT}', '${PORT}'],
    ['$PORT', '$PORT'],
  ])('%s becomes %j', (text, value) => {
    expect(read(`value: ${text}`, environment)).toMatchObject({ content: { value }, faults: [] });
  });

  it('are replaced neither in keys nor in comments nor in block texts', () => {
    const { content, faults } = read('# ${NONE}\n${NONE}: 1 # ${NONE}\nscript: |\n  echo ${NONE}\n');
    expect(content).toEqual({ '${NONE}': 1, script: 'echo ${NONE}\n' });
    expect(faults).toEqual([]);
  });

  it('name every variable that is not set, with path and line', () => {
    const { faults } = read('a:\n  b.c:\n    - x\n    - ${ONE}\nd: ${TWO}/${THREE}');
    expect(faults).toEqual([
      {
        path: 'a["b.c"][1]',
        message: 'the environment variable ONE is not set, and no default is given as ${ONE:-default} (line 4)',
      },
      {
        path: 'd',
        message: 'the environment variable TWO is not set, and no default is given as ${TWO:-default} (line 5)',
      },
      {
        path: 'd',
        message: 'the environment variable THREE is not set, and no default is given as ${THREE:-default} (line 5)',
      },
    ]);
  });

  it('are remembered where an anchor carries them, defaults are not', () => {
    const { content } = read('a: &a {secret: 1}\nb: &b\n  x: ${WORD}\n  y: ${UNSET:-1}\nc:\n  <<: *b', environment);
    const { b, c } = content as { b: object; c: object };
    expect([b, c].map((map) => ['x', 'y'].map((key) => isFromEnvironment(map, key)))).toEqual([
      [true, false],
      [true, false],
    ]);
  });

  it('warn where quotes keep a value from being replaced', () => {
    expect(read('a: "${PORT}"\nb: "say ${PORT}"', environment).warnings).toEqual([
      'c.yaml: a: ${PORT} is in quotes and therefore not replaced from the environment',
    ]);
  });
});

describe('a file that cannot be used', () => {
  test.each([
    ['a: 1\na: 2', 'c.yaml: line 2, column 1: Map keys must be unique'],
    [
      'a: [1',
      'c.yaml: line 1, column 6: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a: !!python/object x', 'c.yaml: line 1, column 4: Unresolved tag: tag:yaml.org,2002:python/object'],
    ['a: &a [*a]', /^c\.yaml: the file: .*alias/i],
    ['a: 1\n---\nb: 2', /^c\.yaml: line 2, column 1: .*multiple documents/],
  ])('%j is refused with its place', (content, message) => {
    const error = thrownBy(() => read(content));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message.split('\n')[0]).toMatch(message);
  });

  it('is refused with the first errors of its syntax, without those that follow from them, and with all its repeated keys', () => {
    const { message } = thrownBy(() => read('e: 1\ne: 2\ne: 3\na: {b: ${X}}\nc: {d: 1}\n')) as ConfigurationError;
    const places = message.split('\n').map((line) => line.split(': ')[1]);
    expect(places.filter((place) => /^line [23], column 1$/.test(place ?? ''))).toHaveLength(2);
    expect(places.filter((place) => /^line [4-9],/.test(place ?? ''))).toEqual([
      'line 4, column 9',
      'line 4, column 10',
      'line 4, column 12',
    ]);
  });

  it('says when there is no such file', () => {
    expect(() => readYamlFile('/nowhere/c.yaml', 'c.yaml', {})).toThrow(
      'c.yaml: the file: cannot be read: there is no such file',
    );
  });
});
