import { afterEach, beforeEach, describe, expect, it, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INSPECTOR as inspector, RUNNER as runner } from '../pod/programs.js';
import { readFoundNotebooks, type FoundNotebooks } from './notebook-finding.js';

const withPython = spawnSync('python3', ['--version']).status === 0 ? describe : describe.skip;

/** Stands in for papermill; the real one is asked in test/e2e/papermill-kernels.e2e-spec.ts. */
const papermill = `
import json

def inspect_notebook(path):
    if "broken" in path:
        raise RuntimeError("no kernel")
    with open(path) as file:
        metadata = json.load(file)["metadata"]
    if not metadata.get("kernelspec", {}).get("name"):
        raise ValueError("No kernel name found in notebook and no override provided.")
    if not (metadata.get("language_info", {}).get("name") or metadata["kernelspec"].get("language")):
        raise ValueError("No language found in notebook and no override provided.")
    return {"x": {"name": "x", "inferred_type_name": "None", "default": "1", "help": "An x"}}
`;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'inspect-notebooks-'));
  mkdirSync(join(home, 'lib'));
  writeFileSync(join(home, 'lib', 'papermill.py'), papermill);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const inLanguage = (language: string) => ({ kernelspec: { name: language, language } });

function write(
  path: string,
  parameters: string | undefined,
  { markdown = '', metadata = inLanguage('python') as object } = {},
): void {
  const cells = [
    ...(markdown ? [{ cell_type: 'markdown', metadata: {}, source: markdown }] : []),
    ...(parameters === undefined
      ? []
      : [{ cell_type: 'code', metadata: { tags: ['parameters'] }, outputs: [], source: parameters }]),
  ];
  mkdirSync(join(home, path, '..'), { recursive: true });
  writeFileSync(join(home, path), JSON.stringify({ cells, metadata }));
}

function inspect(entries: readonly object[]): FoundNotebooks {
  const { stdout, stderr } = spawnSync('python3', ['-c', inspector], {
    input: JSON.stringify({ home, entries }),
    env: { PATH: process.env['PATH'], PYTHONPATH: join(home, 'lib') },
  });
  const found = readFoundNotebooks(JSON.parse(stdout.toString() || 'null'));
  if (!found) throw new Error(stderr.toString());
  return found;
}

withPython('the inspection of notebooks', () => {
  it('reads parameters with their types, defaults and comments, and the heading', () => {
    const source = `# A comment of its own
name: str = "a # b"  # Who it is for
n = 3 # type: List[int] How many
u: int | None = None
xs = [1.0,
  2]  # Several
when: date = date.today()
huge = 18446744073709551616
ratio = 1.0
flags = [True, False]
mixed = [1, "a"]
nan = float("nan")
db = {"password": "hunter2"}
a, b = 1, 2
`;
    write('one.ipynb', source, { markdown: '# One #\n\nDoes one thing.\n\n## More\n\nmore' });
    const text = (name: string, type: string | null, help: string, literal: string) => ({
      name,
      type,
      help,
      source: literal,
    });
    expect(inspect([{ path: 'one.ipynb' }])).toEqual({
      notebooks: [
        {
          entry: 0,
          path: join(home, 'one.ipynb'),
          title: 'One',
          description: 'Does one thing.',
          parameters: [
            { ...text('name', 'str', 'Who it is for', '"a # b"'), default: 'a # b' },
            { ...text('n', 'List[int]', 'How many', '3'), default: 3 },
            { ...text('u', 'int | None', '', 'None'), default: null },
            { ...text('xs', 'list[float]', 'Several', '[1.0,\n  2]'), default: [1, 2] },
            text('when', 'date', '', 'date.today()'),
            text('huge', 'int', '', '18446744073709551616'),
            { ...text('ratio', 'float', '', '1.0'), default: 1 },
            { ...text('flags', 'list[bool]', '', '[True, False]'), default: [true, false] },
            { ...text('mixed', 'list', '', '[1, "a"]'), default: [1, 'a'] },
            text('nan', null, '', 'float("nan")'),
            text('db', 'dict', '', ''),
          ],
        },
      ],
      problems: [],
    });
  });

  it('takes what a notebook does not say of kernel and language from the rest, and Python where there is no rest', () => {
    const all: readonly object[] = [
      {},
      { kernelspec: { name: 'python3', display_name: 'Python 3' } },
      { language_info: { name: 'python' } },
      { kernelspec: { language: 'python' } },
      { kernelspec: { name: 'ir' } },
      { language_info: { name: 'R' } },
      { kernelspec: { name: 'julia-1.9' } },
    ];
    all.forEach((metadata, at) => write(`${at}.ipynb`, 'n = 1', { metadata }));
    const { notebooks } = inspect(all.map((_, at) => ({ path: `${at}.ipynb` })));
    expect(notebooks.map(({ parameters, problem }) => [parameters?.[0]?.type, problem])).toEqual(
      ['int', 'int', 'int', 'int', 'float', 'float', 'int'].map((type) => [type, undefined]),
    );
  });

  it.each([
    [
      'R',
      'title <- "A \\"b\\"" # Stands above\nn = 3L; x = 2\nflag=TRUE\nxs <- c(1,\n  2.5) # type: list[numeric] In m\nnone <- NULL\n' +
        "one = 'a # b'\nwhen <- Sys.time()\napi.key <- 'k'\nf(a = 1)\na == b",
      [
        ['title', 'str', 'Stands above', 'A "b"'],
        ['n', 'int', '', 3],
        ['x', 'float', '', 2],
        ['flag', 'bool', '', true],
        ['xs', 'list[numeric]', 'In m', [1, 2.5]],
        ['none', null, '', null],
        ['one', 'str', '', 'a # b'],
        ['when', null, '', undefined],
        ['api.key', 'str', '', undefined],
      ],
    ],
    [
      'julia',
      'title::String = "A title" # Stands above\nn = 1_000\nx::Float64 = 2\nflag = false\nxs = [1, 2]\nnone = nothing\ntold = "$n"\nc = \'x\'\nx == 1',
      [
        ['title', 'str', 'Stands above', 'A title'],
        ['n', 'int', '', 1000],
        ['x', 'float', '', 2],
        ['flag', 'bool', '', false],
        ['xs', 'list[int]', '', [1, 2]],
        ['none', null, '', null],
        ['told', null, '', undefined],
        ['c', null, '', undefined],
      ],
    ],
    [
      'bash',
      'title="A title" # Stands above\nn=3\nratio=-1.5 # type: float\nflag=true\nxs=(1 2)\nwords=(a "b c")\nurl=https://example.org/a#b\nnone=\n' +
        "export raw='$x'\nhome=$HOME\nnow=`date`\nif [ a = b ]; then c=1; fi",
      [
        ['title', 'str', 'Stands above', 'A title'],
        ['n', 'int', '', 3],
        ['ratio', 'float', '', -1.5],
        ['flag', 'bool', '', true],
        ['xs', 'list[int]', '', [1, 2]],
        ['words', 'list[str]', '', ['a', 'b c']],
        ['url', null, '', undefined],
        ['none', 'str', '', ''],
        ['raw', 'str', '', '$x'],
        ['home', null, '', undefined],
        ['now', null, '', undefined],
      ],
    ],
  ])('reads parameters of %s, with the defaults that are plain', (language, source, expected) => {
    write('other.ipynb', source, { metadata: inLanguage(language) });
    const [found] = inspect([{ path: 'other.ipynb' }]).notebooks;
    expect(found?.parameters?.map((each) => [each.name, each.type, each.help, each.default])).toEqual(expected);
  });

  it('leaves a parameter without a default to what the notebook says', () => {
    write('other.ipynb', 'when <- Sys.time() # Now', { metadata: inLanguage('R') });
    expect(inspect([{ path: 'other.ipynb' }]).notebooks[0]?.parameters).toEqual([
      { name: 'when', type: null, help: 'Now', source: 'Sys.time()' },
    ]);
  });

  it('takes what papermill says where Python cannot read the cell', () => {
    write('magic.ipynb', '%matplotlib inline\nx = 1');
    write('none.ipynb', undefined);
    expect(inspect([{ path: 'magic.ipynb' }, { path: 'none.ipynb' }]).notebooks).toEqual([
      {
        entry: 0,
        path: join(home, 'magic.ipynb'),
        parameters: [{ name: 'x', type: 'int', help: 'An x', source: '1', default: 1 }],
      },
      { entry: 1, path: join(home, 'none.ipynb'), parameters: [] },
    ]);
  });

  it('finds a notebook for each entry that names it, however the path is written', () => {
    write('a/one.ipynb', 'n = 1');
    const { notebooks } = inspect([{ path: 'a/one.ipynb' }, { path: './a//one.ipynb' }, { glob: './a/*.ipynb' }]);
    expect(notebooks.map(({ entry, path, parameters }) => [entry, path, parameters?.length])).toEqual([
      [0, join(home, 'a/one.ipynb'), 1],
      [1, join(home, 'a/one.ipynb'), 1],
    ]);
  });

  test.each(['', '\n', '# none yet\n  # x = 1\n'])('has no parameters where their cell holds nothing: %j', (source) => {
    write('none.ipynb', source);
    expect(inspect([{ path: 'none.ipynb' }]).notebooks).toEqual([
      { entry: 0, path: join(home, 'none.ipynb'), parameters: [] },
    ]);
  });

  it('finds notebooks by patterns, each once, and tells what is the matter with any', () => {
    for (const path of ['a/one.ipynb', 'a/b/two.ipynb', 'a/.ipynb_checkpoints/one.ipynb']) write(path, undefined);
    write('broken.ipynb', 'x = 1');
    writeFileSync(join(home, 'no.json.ipynb'), '{');
    const entries = [{ glob: 'a/**/*.ipynb' }, { path: 'a/one.ipynb' }, { path: 'gone.ipynb' }, { glob: 'x*' }];
    const globs = [{ glob: 'b*.ipynb' }, { glob: 'broken.*' }];
    const { notebooks, problems } = inspect([
      ...entries,
      { path: 'broken.ipynb' },
      { path: 'no.json.ipynb' },
      ...globs,
    ]);
    expect(notebooks.map(({ entry, path, problem }) => [entry, path.slice(home.length + 1), problem])).toEqual([
      [1, 'a/one.ipynb', undefined],
      [2, 'gone.ipynb', 'it cannot be read: No such file or directory'],
      [4, 'broken.ipynb', 'papermill cannot inspect it: RuntimeError: no kernel'],
      [5, 'no.json.ipynb', expect.stringContaining('JSONDecodeError')],
      [0, 'a/b/two.ipynb', undefined],
    ]);
    expect(problems).toEqual([
      'no notebook is at x*',
      'no further notebook is at b*.ipynb',
      'no further notebook is at broken.*',
    ]);
  });

  it('is run by the runner with the Python of papermill, and printed as the result', () => {
    write('one.ipynb', 'n = 1');
    const bin = join(home, 'bin');
    mkdirSync(bin);
    const program = (name: string, text: string) => {
      writeFileSync(join(bin, name), text);
      chmodSync(join(bin, name), 0o755);
    };
    const python = spawnSync('python3', ['-c', 'import sys; print(sys.executable)']).stdout.toString().trim();
    // No papermill of this machine.
    program('python3', `#!/bin/sh\nexec ${python} "$@"\n`);
    const run = (folder = home, environment: Record<string, string> = {}) =>
      spawnSync(join(bin, 'python3'), ['-c', runner], {
        env: {
          PATH: bin,
          PYTHONPATH: join(home, 'lib'),
          NOTEBOOK_INSPECTOR: inspector,
          NOTEBOOK_SETTINGS: JSON.stringify({ home: folder, inspect: [{ path: 'one.ipynb' }] }),
          ...environment,
        },
      });
    const without = run();
    expect([without.status, without.stdout.toString()]).toEqual([1, 'The image has no papermill in $PATH.\n']);
    program('papermill', `#!${python}\n`);
    const { status, stdout } = run();
    const [head, ...lines] = stdout.toString().split('\n');
    expect(head).toMatch(/^PYGEOAPI_K8S_MANAGER_RESULT_START bytes=\d+ sha256=\w{64} mimetype=application\/json/);
    expect([status, lines.join('')]).toEqual([0, expect.stringContaining('"parameters": [{"name": "n"')]);
    // On the embedded cluster a notebook is told of where a container has it.
    const embedded = run('/home/jovyan', { EMBEDDED_WORKING_DIRECTORY: home });
    expect(embedded.stdout.toString()).toContain('{"entry": 0, "path": "/home/jovyan/one.ipynb", "parameters": [');
  });
});
