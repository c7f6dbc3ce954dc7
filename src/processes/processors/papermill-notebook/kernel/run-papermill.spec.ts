import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PAPERMILL } from '../pod/programs.js';

const withPython = spawnSync('python3', ['--version']).status === 0 ? describe : describe.skip;

/** Stand in for papermill, whose way to write texts is this one; the real one runs in test/e2e/papermill-kernels.e2e-spec.ts. */
const translators = `
class Translator:
    @classmethod
    def translate_escaped_str(cls, value):
        return '"%s"' % value.encode("unicode_escape").decode()

class PythonTranslator(Translator): pass
class RTranslator(Translator): pass
class JuliaTranslator(Translator): pass
`;
const cli = `
import json
from papermill import translators

def papermill(arguments, prog_name):
    kinds = [translators.PythonTranslator, translators.RTranslator, translators.JuliaTranslator]
    print(json.dumps([arguments, [kind.translate_escaped_str("\\u00e4\\n$\\\\ \\U0001f30d") for kind in kinds]]))
    return 3
`;
const jupyterClient = `
class KernelSpecManager:
    def get_all_specs(self):
        return {name: {"spec": {"language": language}} for name, language in [("a-r", "R"), ("ir", "R"), ("oct", "octave")]}
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-papermill-'));
  for (const [file, text] of Object.entries({
    'papermill/__init__.py': '',
    'papermill/translators.py': translators,
    'papermill/cli.py': cli,
    'jupyter_client/__init__.py': '',
    'jupyter_client/kernelspec.py': jupyterClient,
  })) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(metadata: object | undefined, ...args: string[]) {
  const notebook = join(folder, 'a {x}.ipynb');
  if (metadata) writeFileSync(notebook, JSON.stringify({ cells: [], metadata }));
  const doubled = notebook.replace('{x}', '{{x}}');
  const { stdout, status, stderr } = spawnSync('python3', ['-c', PAPERMILL, doubled, 'out.ipynb', ...args], {
    env: { PATH: process.env['PATH'], PYTHONPATH: folder },
  });
  if (stdout.length === 0) throw new Error(stderr.toString());
  const [[, , ...added], texts] = JSON.parse(stdout.toString()) as [string[], string[]];
  return { added, texts, status };
}

withPython('papermill for notebooks that it does not run by itself', () => {
  it.each([
    [{}, ['-k', 'python3', '--language', 'python']],
    [{ language_info: { name: 'python' } }, ['-k', 'python3']],
    [{ kernelspec: { name: 'python3' } }, ['--language', 'python']],
    [{ kernelspec: { name: 'ir' } }, ['--language', 'R']],
    [{ kernelspec: { name: 'oct' } }, ['--language', 'octave']],
    [{ language_info: { name: 'R' } }, ['-k', 'ir']],
    [{ language_info: { name: 'octave' } }, ['-k', 'oct']],
    [{ language_info: { name: 'fortran' } }, ['-k', 'fortran']],
    [{ kernelspec: { name: 'x', language: 'R' } }, []],
  ])('is told what %j does not say: %j', (metadata, expected) => {
    expect(run(metadata).added).toEqual(expected);
  });

  it('is not told another kernel than the one that is asked for', () => {
    expect(run({}, '-k', 'ir').added).toEqual(['-k', 'ir', '--language', 'R']);
    expect(run({ language_info: { name: 'R' } }, '-k', 'mine').added).toEqual(['-k', 'mine']);
  });

  it('writes texts as R and Julia read them, in any locale, and no program into those of Julia', () => {
    expect(run({}).texts).toEqual([
      String.raw`"\xe4\n$\\ \U0001f30d"`,
      String.raw`"\u00e4\u000a$\\ \U0001f30d"`,
      String.raw`"\u00e4\u000a\$\\ \U0001f30d"`,
    ]);
  });

  it('ends as papermill does, which says what is wrong with a notebook that cannot be read', () => {
    const { added, status } = run(undefined, '-k', 'x');
    expect([added, status]).toEqual([['-k', 'x'], 3]);
  });
});
