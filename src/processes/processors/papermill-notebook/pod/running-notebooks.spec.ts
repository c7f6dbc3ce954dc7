import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NotebookRunner, withoutPython } from './testing/notebook-runner.js';
import { realPapermill, withoutPapermill, withoutR } from './testing/real-papermill.js';

const REAL_TIMEOUT = 180_000;
const suite = (why: string | undefined) => (why === undefined ? describe : describe.skip);
const because = (why: string | undefined) => (why === undefined ? '' : ` (skipped: ${why})`);

let runner: NotebookRunner;
beforeEach(() => {
  runner = new NotebookRunner();
});
afterEach(() => runner.remove());

const metadata = { kernelspec: { name: 'python3', language: 'python' } };
const EMPTY = JSON.stringify({ cells: [], metadata, nbformat: 4, nbformat_minor: 5 });
const write = `printf '%s' '${EMPTY}' > "$2"`;
const bar = (done: number, name = '') =>
  String.raw`\rExecuting${name}:  ${done}%%|x   | ${done}/4 [00:01<00:06,  1.04s/cell]`;
const progress = (done: number, all: number) =>
  `PYGEOAPI_K8S_MANAGER_PROGRESS ${Math.min(99, Math.floor((done * 100) / all))} ${done} of ${all} cells of the notebook are done.\n`;

/** Whether a process runs, other than one that has ended and was not asked how. */
function isAlive(pid: string): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

const pidIn = (name: string) => readFileSync(join(runner.folder, name), 'utf8').trim();

suite(withoutPython)(`papermill's words${because(withoutPython)}`, () => {
  it('are handed on where they follow the bar at once', async () => {
    runner.standIn(`${write}; printf 'a${bar(1)}b\\nc\\n${bar(2)}d${bar(3)}   ${bar(4)}\\n' >&2`);
    const { log, code } = await runner.run({ notebook: EMPTY });
    expect(code).toBe(0);
    expect(log).toBe(`a\n${progress(1, 4)}b\nc\n${progress(2, 4)}d\n${progress(3, 4)}${progress(4, 4)}`);
  });

  it('are no bar where a cell describes itself, but progress', async () => {
    runner.standIn(`${write}; printf '${bar(0)}${bar(1, ' a|b: c')}   ${bar(2, ' LOADING')}\\n' >&2`);
    const { log } = await runner.run({ notebook: EMPTY });
    expect(log).toBe(progress(0, 4) + progress(1, 4) + progress(2, 4));
  });

  it('are cut where a line is long, in linear time, and the job goes on', async () => {
    runner.standIn(`${write}; { head -c 200000000 /dev/zero | tr '\\0' x; echo; echo after; } >&2`);
    const { log, code } = await runner.run({ notebook: EMPTY });
    expect(code).toBe(0);
    const [long = '', after] = log.split('\n');
    expect(long.slice(0, 65_536)).toBe('x'.repeat(65_536));
    expect(long.slice(65_536)).toBe(` ... (${200_000_000 - 65_536} bytes more are left out)`);
    expect(after).toBe('after');
  }, 60_000);

  it('are read with the modules of Python, not with files beside the notebooks', async () => {
    for (const name of ['json', 'signal', 'csv']) runner.file(`${name}.py`, 'raise SystemExit("mine")');
    runner.standIn(`${write}; echo fine >&2`);
    expect(await runner.run({ notebook: EMPTY })).toMatchObject({ code: 0, log: 'fine\n' });
  });
});

const leavesSomething = [
  ['in its session', ''],
  ['in a session of its own', 'setsid '],
] as const;

suite(withoutPython)(`what a notebook leaves running${because(withoutPython)}`, () => {
  it.each(leavesSomething)('ends with papermill: %s', async (_, setsid) => {
    // The shell is `sleep` once its pid is written, but not at once.
    const isSleep = '[ -s pid ] && [ "$(cat /proc/$(cat pid)/comm)" = sleep ]';
    runner.standIn(`${write}; (${setsid}sh -c 'echo $$ > pid; exec sleep 3600' &); until ${isSleep}; do :; done`);
    const { log, code } = await runner.run({ notebook: EMPTY });
    expect([code, log]).toEqual([0, 'What the notebook left running is ended: sleep.\n']);
    expect(isAlive(pidIn('pid'))).toBe(false);
  });

  it('ends with papermill though it writes without end', async () => {
    const noise = `echo $$ > pid; while :; do echo noise; done`;
    runner.standIn(`${write}; (sh -c '${noise}' >&2 &); until [ -s pid ]; do :; done; exit 3`);
    const { code, lastLine } = await runner.run({ notebook: EMPTY });
    expect(code).toBe(3);
    expect(lastLine).toMatch(/^Papermill failed before the first cell: /);
    expect(isAlive(pidIn('pid'))).toBe(false);
  }, 30_000);

  it('ends with a runner that is told to end', async () => {
    runner.standIn(
      `(setsid sh -c 'echo $$ > pid; exec sleep 3600' &); until [ -s pid ]; do :; done; echo up >&2; sleep 3600`,
    );
    let stop: () => void = () => undefined;
    const { code } = await runner.run({
      notebook: EMPTY,
      onStart: (process) => (stop = () => process.kill('SIGTERM')),
      onLog: (log) => {
        if (log.includes('up\n')) stop();
      },
    });
    expect(code).toBe(143);
    expect(isAlive(pidIn('pid'))).toBe(false);
  });
});

function notebookOf(kernel: string, ...sources: string[]): string {
  const cells = sources.map((source, at) => ({
    ...{ cell_type: 'code', id: `cell-${at + 1}`, metadata: {}, source, outputs: [], execution_count: null },
  }));
  const kernelspec = { name: kernel, display_name: kernel, language: kernel };
  return JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 });
}

suite(withoutPapermill)(`a notebook in papermill itself${because(withoutPapermill)}`, () => {
  it(
    'says each of its cells at once, quick as they are',
    async () => {
      const wait = `import os, time\nwhile not os.path.exists("seen"): time.sleep(0.05)`;
      const notebook = notebookOf('python3', '1', '2', '3', '4', '5', '6', wait, '8', '9');
      // Were it not said before the cell that waits has ended, this would wait without end.
      const onLog = (log: string) => {
        if (log.includes(progress(6, 9))) writeFileSync(join(runner.folder, 'seen'), '');
      };
      const { log, code } = await runner.run({ notebook, environment: realPapermill(runner.folder), onLog });
      expect(code).toBe(0);
      expect(
        log
          .split('\n')
          .filter((line) => line.includes('PROGRESS'))
          .join('\n') + '\n',
      ).toBe(Array.from({ length: 10 }, (_, done) => progress(done, 9)).join(''));
    },
    REAL_TIMEOUT,
  );

  it(
    'leaves the bars of its own cells as they are',
    async () => {
      const many = 'from tqdm import tqdm\nfor _ in tqdm(range(2000), desc="mine"): pass';
      const environment = realPapermill(runner.folder);
      const { log } = await runner.run({ notebook: notebookOf('python3', many), environment, args: ['--log-output'] });
      const count = log.split('mine').length - 1;
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThan(100);
    },
    REAL_TIMEOUT,
  );

  it(
    'may print a line of 10 MB into the log',
    async () => {
      const notebook = notebookOf('python3', 'print("x" * 10_000_000)', 'print("after")');
      const environment = realPapermill(runner.folder);
      const { log, code } = await runner.run({ notebook, environment, args: ['--log-output'] });
      expect(code).toBe(0);
      expect(log).toMatch(/x{1000} \.\.\. \(\d+ bytes more are left out\)\n/);
      expect(log).toContain('\nafter\n');
      expect(log.length).toBeLessThan(1_000_000);
    },
    REAL_TIMEOUT,
  );

  it(
    'may leave a server running',
    async () => {
      const start = 'import subprocess\nchild = subprocess.Popen(["sleep", "3600"], start_new_session=True)';
      const note = 'open("pid", "w").write(str(child.pid))';
      const notebook = notebookOf('python3', start, note);
      const { code } = await runner.run({ notebook, environment: realPapermill(runner.folder) });
      expect(code).toBe(0);
      expect(isAlive(pidIn('pid'))).toBe(false);
    },
    REAL_TIMEOUT,
  );
});

suite(withoutR)(`a notebook in R, in papermill itself${because(withoutR)}`, () => {
  it(
    'may leave a server running',
    async () => {
      const notebook = notebookOf('ir', `system('echo $$ > pid; exec sleep 3600', wait = FALSE)`, '2');
      const { code } = await runner.run({ notebook, environment: realPapermill(runner.folder) });
      expect(code).toBe(0);
      expect(isAlive(pidIn('pid'))).toBe(false);
    },
    REAL_TIMEOUT,
  );
});
