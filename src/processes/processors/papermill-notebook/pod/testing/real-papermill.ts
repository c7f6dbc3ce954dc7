import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { PAPERMILL } from '../programs.js';

/** `TEST_PYTHON` names a Python that has the packages of test/fixtures/papermill/kernels/requirements.txt. */
const python = process.env['TEST_PYTHON'] || undefined;
const imports = (...names: string[]) =>
  python !== undefined && spawnSync(python, ['-c', `import ${names.join(', ')}`]).status === 0;

/** Why nothing can be tried with papermill itself; undefined where it can. */
export const withoutPapermill = imports('papermill', 'ipykernel', 'bash_kernel')
  ? undefined
  : 'TEST_PYTHON names no Python with the packages of test/fixtures/papermill/kernels/requirements.txt';

/** Why no kernel for R can be tried. */
export const withoutR =
  withoutPapermill ??
  (spawnSync('R', ['--slave', '-e', 'library(IRkernel)']).status === 0 ? undefined : 'there is no R with IRkernel');

const KERNELS = {
  python3: [python, '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
  bash: [python, '-m', 'bash_kernel', '-f', '{connection_file}'],
  ir: ['R', '--slave', '-e', 'IRkernel::main()', '--args', '{connection_file}'],
};

/** The environment of a runner for papermill itself, and the kernels `python3`, `bash` and `ir`, which are written into a folder. */
export function realPapermill(folder: string): Readonly<Record<string, string>> {
  for (const [name, argv] of Object.entries(KERNELS)) {
    const place = join(folder, 'jupyter', 'kernels', name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'kernel.json'), JSON.stringify({ argv, display_name: name, language: name }));
  }
  const { PATH = '' } = process.env;
  return {
    PATH: [dirname(python ?? ''), PATH].join(delimiter),
    JUPYTER_PATH: join(folder, 'jupyter'),
    R_PROFILE_USER: '/dev/null',
    NOTEBOOK_PAPERMILL: PAPERMILL,
  };
}
