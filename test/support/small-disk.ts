import { execFile } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { folderStore, type TestStore } from './store.js';

const run = promisify(execFile);
const MEBIBYTES = 24;

/** A file system of its own for a folder store, which can be filled up. Only root may mount it. */
export class SmallDisk {
  static readonly possible = process.platform === 'linux' && process.getuid?.() === 0;
  private readonly filler: string;

  private constructor(private readonly folder: string) {
    this.filler = join(folder, 'filler');
  }

  static async mount(): Promise<SmallDisk> {
    const folder = await mkdtemp(join(tmpdir(), 'e2e-disk-'));
    await run('mount', ['-t', 'tmpfs', '-o', `size=${MEBIBYTES}m`, 'small-disk', folder]);
    return new SmallDisk(folder);
  }

  /** Removing it unmounts the disk. */
  get store(): TestStore {
    const { folder } = this;
    return folderStore(folder, async () => {
      await run('umount', [folder]);
      await rm(folder, { recursive: true });
    });
  }

  /** To the last block. */
  async fill(): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    await writeFile(this.filler, Buffer.alloc(bavail * bsize));
  }

  async empty(): Promise<void> {
    await rm(this.filler);
  }
}
