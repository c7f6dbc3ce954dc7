import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { processIdentity } from './node/child-ledger.js';

/** Folders in use by this very process. */
const held = new Set<string>();

/** Of what its user alone may read. */
const CLOSED = 0o700;
/** Of what others pass through on their way to what they are given, and cannot list. */
const PASSABLE = 0o711;

/** The folder of a cluster, for one process at a time and readable by its user only. */
export class DataFolder {
  private constructor(readonly path: string) {}

  /**
   * @param passable whether another user may pass through it, to folders that are theirs
   * @throws Error naming the process that uses the folder
   */
  static take(folder: string, passable = false): DataFolder {
    const absolute = path.resolve(folder);
    makeFolder(absolute, passable);
    const lock = path.join(absolute, 'lock');
    for (let attempt = 0; ; attempt++) {
      try {
        const descriptor = openSync(lock, 'wx', 0o600);
        writeSync(descriptor, JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) ?? '' }));
        closeSync(descriptor);
        held.add(absolute);
        return new DataFolder(absolute);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const owner = ownerOf(lock, absolute);
        if (owner !== undefined || attempt > 0) {
          throw new Error(
            `the folder ${absolute} is in use by another embedded cluster (process ${owner ?? 'unknown'}); stop it or choose another folder`,
          );
        }
        // Left by a process that crashed. Of two that find it only one can take it away by renaming.
        const stale = `${lock}.${process.pid}`;
        renameSync(lock, stale);
        rmSync(stale);
      }
    }
  }

  release(): void {
    held.delete(this.path);
    rmSync(path.join(this.path, 'lock'), { force: true });
  }

  /** Makes a folder in it. @param passable as of {@link take} */
  folder(name: string, passable = false): string {
    const folder = path.join(this.path, name);
    makeFolder(folder, passable);
    return folder;
  }

  /** Replaces a file that only the user may read. @returns its path */
  write(name: string, content: string): string {
    const file = path.join(this.path, name);
    writeFileSync(`${file}.new`, content, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    return file;
  }
}

/** Above it, too, folders that are not there are made so; those that are there stay as they are. */
function makeFolder(folder: string, passable: boolean): void {
  const mode = passable ? PASSABLE : CLOSED;
  mkdirSync(folder, { recursive: true, mode });
  chmodSync(folder, mode);
}

/** The process that holds a lock and lives. */
function ownerOf(lock: string, folder: string): number | undefined {
  let content: { pid?: number; identity?: string };
  try {
    content = JSON.parse(readFileSync(lock, 'utf8')) as typeof content;
  } catch {
    return undefined;
  }
  const { pid, identity } = content;
  if (pid === undefined) return undefined;
  if (pid === process.pid) return held.has(folder) ? pid : undefined;
  if (identity) return processIdentity(pid) === identity ? pid : undefined;
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? pid : undefined;
  }
}
