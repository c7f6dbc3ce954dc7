import { accessSync, constants } from 'node:fs';

/** How long what was printed may take to be read by whoever reads it, milliseconds. */
const PATIENCE = 2_000;

/** Whatever runs the image's start script has it. */
const SHELL = '/bin/sh';

/**
 * Ends the process with this status once what it printed is written, or two seconds later. Its program is replaced by a shell that ends at
 * once: `process.exit` waits for V8's background threads, which at times wait for its own (https://github.com/nodejs/node/issues/54918),
 * and then never ends. Handlers of `exit` are not called.
 * @param status from 0 to 255
 */
export async function endProcess(status: number): Promise<never> {
  await Promise.race([Promise.all([written(process.stdout), written(process.stderr)]), patience()]);
  if (process.execve && !writesAtItsEnd() && canRun(SHELL)) process.execve(SHELL, ['sh', '-c', `exit ${status}`], {});
  process.exit(status);
}

/** What developers ask Node for: a profile, or which lines were run. */
function writesAtItsEnd(): boolean {
  return (
    process.env['NODE_V8_COVERAGE'] !== undefined || process.execArgv.some((flag) => /^--(cpu|heap)-prof/.test(flag))
  );
}

/** Resolves, too, where nobody can read it any more. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE));
}

function canRun(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
