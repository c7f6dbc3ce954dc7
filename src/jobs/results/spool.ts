import { Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

/** So many bytes stay in memory; what is larger goes to a file in the folder for temporary files. */
const MEMORY_LIMIT = 256 * 1024;

const logger = new Logger('Spool');

/**
 * Bytes of any number, written once and read as often as needed: in memory while few, in a temporary file otherwise, so that the memory of
 * a server that collects many logs at once stays flat. The file has no name: whatever ends the process, the system frees it. {@link dispose} does sooner.
 */
export class Spool {
  private chunks: Buffer[] = [];
  private file: FileHandle | undefined;
  private readonly streams = new Set<Readable>();
  private readonly hash = createHash('sha256');
  private digestText: string | undefined;
  private length = 0;

  private readonly folder: string;
  private readonly memoryLimit: number;

  /** @param options folder for the temporary file; bytes that stay in memory */
  constructor({ folder = tmpdir(), memoryLimit = MEMORY_LIMIT }: { folder?: string; memoryLimit?: number } = {}) {
    this.folder = folder;
    this.memoryLimit = memoryLimit;
  }

  /** Bytes written. */
  get size(): number {
    return this.length;
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.digestText !== undefined) throw new Error('The spool is read already.');
    this.hash.update(chunk);
    this.length += chunk.length;
    this.chunks.push(chunk);
    if (this.file === undefined && this.length <= this.memoryLimit) return;
    this.file ??= await openFile(this.folder);
    await this.flush(this.file);
  }

  /** SHA-256 of the bytes, hexadecimal; nothing can be written afterwards. */
  digest(): string {
    this.digestText ??= this.hash.digest('hex');
    return this.digestText;
  }

  /** The bytes from the start, a new stream at each call. */
  stream(): Readable {
    this.digest();
    if (!this.file) return Readable.from(this.chunks, { objectMode: false });
    const stream = this.file.createReadStream({ start: 0, autoClose: false });
    this.streams.add(stream);
    return stream.once('close', () => this.streams.delete(stream));
  }

  /** All bytes at once; for what is known to be small. */
  async bytes(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.stream()) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  /** Streams that are still being read end. Never rejects: nobody waits for it, and the file is gone either way. */
  async dispose(): Promise<void> {
    this.chunks = [];
    const { file } = this;
    if (!file) return;
    this.file = undefined;
    for (const stream of this.streams) stream.destroy();
    await file.close().catch((error: unknown) => logger.warn(`A temporary file cannot be closed: ${String(error)}`));
  }

  private async flush(handle: FileHandle): Promise<void> {
    const { chunks } = this;
    this.chunks = [];
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at)).bytesWritten;
    }
  }
}

/** Of a file that never has a name, Linux only; Node has no constant for it. https://man7.org/linux/man-pages/man2/open.2.html */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;
/** What systems and file systems say that know no such files. */
const UNKNOWN: ReadonlySet<unknown> = new Set(['EOPNOTSUPP', 'ENOTSUP', 'EISDIR', 'EINVAL', 'ENOENT']);

async function openFile(folder: string): Promise<FileHandle> {
  if (process.platform !== 'linux') return openNamed(folder);
  return open(folder, O_TMPFILE | constants.O_RDWR, 0o600).catch((error: unknown) => {
    if (UNKNOWN.has((error as NodeJS.ErrnoException).code)) return openNamed(folder);
    throw error;
  });
}

/** A process that is killed just before the file loses its name leaves it. */
async function openNamed(parent: string): Promise<FileHandle> {
  const folder = await mkdtemp(join(parent, 'ogc-processes-'));
  try {
    return await open(join(folder, 'spool'), 'wx+', 0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
