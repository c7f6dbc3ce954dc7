import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/** Hundreds of servers start in one run of the suites: each would compile the same modules, for a fifth of the processor time of its start. */
const COMPILED = { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') };

/** A program of this project in a process of its own. */
export class Child {
  output = '';

  /** A suite that gave up while this was starting must not wait for its end: nothing here keeps the tests' process alive. */
  private constructor(readonly process: ChildProcess) {
    process.unref();
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
      if (stream instanceof Socket) stream.unref();
    }
  }

  /** Resolves with the match once the output matches; rejects when the process ends before. */
  static async start(
    script: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    ready: RegExp,
  ): Promise<{ child: Child; match: RegExpExecArray }> {
    const child = new Child(
      spawn(process.execPath, [script, ...args], {
        cwd: projectFolder,
        env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...COMPILED, ...environment },
      }),
    );
    const match = await new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const found = ready.exec(child.output);
        if (found) resolve(found);
      };
      child.process.stdout?.on('data', look);
      child.process.stderr?.on('data', look);
      child.process.once('exit', (code) =>
        reject(new Error(`${script} ended with ${code} before it was ready:\n${child.output}`)),
      );
    });
    return { child, match };
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Sends the signal and resolves with the exit code when the process has ended. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (!this.running) return this.process.exitCode;
    const exited = once(this.process, 'exit');
    this.process.kill(signal);
    await exited;
    return this.process.exitCode;
  }
}
