import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * A folder that one process uses at a time. The lock is the kernel's, of a file in the folder, so that it ends with its process
 * whatever ends it, and holds between containers, too, which do not see each other's processes.
 */
export class FolderLock {
  private constructor(
    readonly folder: string,
    private readonly file: DatabaseSync,
  ) {}

  /** @throws Error naming the folder and who uses it */
  static take(folder: string): FolderLock {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const holder = join(folder, 'holder');
    const file = new DatabaseSync(join(folder, 'lock'));
    try {
      file.exec('begin exclusive');
    } catch (error) {
      file.close();
      if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
      throw new Error(
        `the folder ${folder} of the archive is in use by another server (${described(holder)}); stop it or choose another folder`,
        { cause: error },
      );
    }
    writeFileSync(holder, `process ${process.pid} on ${hostname()}\n`, { mode: 0o600 });
    return new FolderLock(folder, file);
  }

  release(): void {
    this.file.close();
  }
}

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

function described(holder: string): string {
  try {
    return readFileSync(holder, 'utf8').trim();
  } catch {
    return 'which is starting';
  }
}
