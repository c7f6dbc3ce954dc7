import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { killGroup, type ChildLedger } from './child-ledger.js';
import { makeAs, type ChildUser, type Step } from './child-user.js';
import type { ContainerConfiguration } from './container-configuration.js';
import { Refusal } from './container-environment.js';
import type { LogWriter } from './container-log.js';

/** How a container's process ended; `startError`: it could not be started at all. */
export interface Ending {
  readonly exitCode: number;
  readonly startError?: string;
}

/** How long output is waited for that a process which left its group still holds open, milliseconds. */
const OUTPUT_GRACE = 2000;

/** Tells a program whose image declares a working directory which folder of this machine stands for it. */
const PLACE = 'EMBEDDED_WORKING_DIRECTORY';

/**
 * The container's own folder: links to the image's files and to the volumes that are mounted.
 *
 * @param pod folder of the pod; the user of its containers is given the folders in it, but not itself
 * @returns the container's own folder
 * @throws Refusal where the user has no right to make its folders
 */
export async function prepareFolder(
  pod: string,
  container: string,
  { image, mounts, workingDirectory }: ContainerConfiguration,
  user?: ChildUser,
): Promise<string> {
  const [containers, volumes] = [path.join(pod, 'containers'), path.join(pod, 'volumes')];
  const folder = path.join(containers, container);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const mountRoots = new Set(mounts.map(({ at }) => at.split('/')[0]));
  if (image.folder) {
    for (const entry of readdirSync(image.folder)) {
      if (!mountRoots.has(entry)) symlinkSync(path.join(image.folder, entry), path.join(folder, entry));
    }
  }
  const steps: Step[] = [
    ...mounts.flatMap(({ at, volume, subPath }) => {
      const [target, link] = [path.join(volumes, volume, subPath), path.join(folder, at)];
      return [{ folder: target }, { folder: path.dirname(link) }, { link, to: target }];
    }),
    { folder: path.join(folder, workingDirectory) },
  ];
  if (user) {
    const ofVolumes = mounts.map(({ volume }) => path.join(volumes, volume));
    for (const each of ofVolumes) mkdirSync(each, { recursive: true, mode: 0o700 });
    // To be passed through, neither listed nor changed.
    for (const above of [pod, containers, ...(mounts.length > 0 ? [volumes] : [])]) chmodSync(above, 0o711);
    for (const own of [folder, ...ofVolumes]) chownSync(own, user.uid, user.gid);
    if (mounts.length === 0 && workingDirectory === '.') return folder;
    await makeAs(user, steps).catch((error: unknown) => {
      throw new Refusal('CreateContainerError', `failed to make the folders of the container: ${String(error)}`);
    });
    return folder;
  }
  for (const step of steps) {
    if ('to' in step) symlinkSync(step.to, step.link);
    else mkdirSync(step.folder, { recursive: true });
  }
  return folder;
}

/**
 * A container's process: in a process group of its own, with a clean environment, no input, its output going to the log.
 * When it ends, what is left of its group ends with it, as in a container.
 */
export class ContainerProcess {
  private readonly child: ChildProcess | undefined;
  /** Resolves when the process has ended and its output is in the log. */
  readonly ended: Promise<Ending>;
  /** Resolves when the process runs (or could not be started). */
  readonly started: Promise<void>;

  constructor(
    { command: [program, ...args], environment, image, workingDirectory }: ContainerConfiguration,
    folder: string,
    private readonly log: LogWriter,
    private readonly ledger: ChildLedger,
    user?: ChildUser,
  ) {
    try {
      this.child = spawn(program, args, {
        cwd: path.join(folder, workingDirectory),
        env: { HOME: folder, ...(image.workingDirectory === undefined ? {} : { [PLACE]: folder }), ...environment },
        detached: true,
        ...user,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    } catch (error) {
      // Arguments and environment that are too large, or a zero byte in them: the real container runtime starts, writes this and exits with 1.
      this.log.write(
        'stderr',
        Buffer.from(`exec ${program}: ${error instanceof Error ? error.message : String(error)}\n`),
      );
      this.log.end();
      this.started = Promise.resolve();
      this.ended = Promise.resolve({ exitCode: 1 });
      return;
    }
    const { child } = this;
    if (child.pid !== undefined) this.ledger.add(child.pid);
    child.stdout?.on('data', (chunk: Buffer) => this.log.write('stdout', chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.log.write('stderr', chunk));
    this.started = new Promise((resolve) => child.once('spawn', resolve).once('error', () => resolve()));
    this.ended = new Promise((resolve) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        if (child.pid === undefined) this.finish(resolve, { exitCode: 128, startError: startErrorOf(program, error) });
      });
      child.once('exit', (code, signal) =>
        this.drain(child, resolve, { exitCode: code ?? 128 + (signal ? constants.signals[signal] : 0) }),
      );
    });
  }

  kill(signal: NodeJS.Signals): void {
    if (this.child?.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null)
      killGroup(this.child.pid, signal);
  }

  private drain(child: ChildProcess, resolve: (ending: Ending) => void, ending: Ending): void {
    if (child.pid !== undefined) {
      killGroup(child.pid, 'SIGKILL');
      this.ledger.remove(child.pid);
    }
    const timer = setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, OUTPUT_GRACE);
    child.once('close', () => {
      clearTimeout(timer);
      this.finish(resolve, ending);
    });
  }

  private finish(resolve: (ending: Ending) => void, ending: Ending): void {
    this.log.end();
    resolve(ending);
  }
}

function startErrorOf(program: string, { code, message }: NodeJS.ErrnoException): string {
  const why = code === 'ENOENT' ? 'no such file or directory' : code === 'EACCES' ? 'permission denied' : message;
  const where = program.includes('/') ? `stat ${program}: ${why}` : 'executable file not found in $PATH';
  return `unable to start container process: exec: "${program}": ${code === 'ENOENT' ? where : why}`;
}
