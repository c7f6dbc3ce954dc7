import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const script = readFileSync(join(import.meta.dirname, '..', 'run_notebook.py'), 'utf8');

/** Why the runner cannot be tried here; undefined where it can. */
export const withoutPython =
  spawnSync('python3', ['--version']).status === 0 ? undefined : 'there is no python3 in $PATH';

export interface RunnerOutput {
  readonly code: number | null;
  readonly log: string;
  /** The last of the log, which is the cause. */
  readonly lastLine: string;
}

export interface RunnerOptions {
  /** The notebook's own text. */
  readonly notebook: string;
  /** Of papermill, behind what it is always given. */
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Is called with all that was printed so far. */
  readonly onLog?: (log: string) => void;
  readonly onStart?: (process: ChildProcess) => void;
}

/** A folder in which `run_notebook.py` runs as in the container: with papermill, or what stands in for it, in `$PATH`. */
export class NotebookRunner {
  readonly folder = mkdtempSync(join(tmpdir(), 'notebook-runner-'));
  private readonly bin = join(this.folder, 'bin');

  constructor() {
    mkdirSync(this.bin);
  }

  /** @param program of `sh`; `$2` is where it has to write the executed notebook */
  standIn(program: string): void {
    writeFileSync(join(this.bin, 'papermill'), `#!/bin/sh\n${program}\n`);
    chmodSync(join(this.bin, 'papermill'), 0o755);
  }

  file(name: string, content: string): string {
    writeFileSync(join(this.folder, name), content);
    return join(this.folder, name);
  }

  async run({ notebook, args = [], environment = {}, onLog, onStart }: RunnerOptions): Promise<RunnerOutput> {
    const input = this.file('in.ipynb', notebook);
    const output = join(this.folder, 'out', 'x.ipynb');
    const { PATH = '' } = { ...process.env, ...environment };
    const settings = { home: this.folder, notebook: input, output, notebookOutput: false };
    const command = ['papermill', input, output, '--engine', 'kubernetes_job_progress', '--progress-bar', ...args];
    const child = spawn('python3', ['-c', script, ...command], {
      cwd: this.folder,
      env: {
        ...environment,
        HOME: this.folder,
        PATH: [this.bin, PATH].join(delimiter),
        NOTEBOOK_SETTINGS: JSON.stringify(settings),
      },
    });
    onStart?.(child);
    let log = '';
    const read = (chunk: Buffer) => {
      log += chunk.toString();
      onLog?.(log);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, log, lastLine: log.trimEnd().split('\n').at(-1) ?? '' };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
