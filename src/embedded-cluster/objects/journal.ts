import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import type { KubeObject } from './kubernetes-object.js';

/** One line of the journal: an object as it is now, or a deletion. */
export type Entry =
  | { readonly resource: string; readonly object: KubeObject }
  | { readonly resource: string; readonly key: string; readonly version: number };

const MIN_GROWTH = 16 * 1024 * 1024;

/**
 * The objects on disk: a file to which every change is appended before it is answered, so that a killed process loses nothing that a client has
 * been told. It is written anew, atomically, at start and when it has grown to several times its content.
 * A last line that was cut off by a crash is dropped; one that cannot be written whole, on a full disk, is taken back.
 */
export class Journal {
  private descriptor: number | undefined;
  private size = 0;
  private sizeWhenCompacted = 0;
  /** After writing it anew has failed: the size at which that is tried again. */
  private sizeToTryAgain = 0;
  /** Whether there is a part of a line at the end that could not be taken back. */
  private isTorn = false;

  /** @param write for tests */
  constructor(
    private readonly path: string,
    private readonly write: (descriptor: number, bytes: Buffer, offset: number) => number = writeSync,
  ) {}

  /** @throws Error naming the line where anything but the last line cannot be read */
  read(): Entry[] {
    if (!existsSync(this.path)) return [];
    const lines = readFileSync(this.path, 'utf8').split('\n');
    lines.pop(); // what follows the last line end: nothing, or a line cut off
    return lines.map((line, index) => {
      try {
        return JSON.parse(line) as Entry;
      } catch {
        throw new Error(
          `${this.path}: line ${index + 1} is damaged; restore the file or remove it (all jobs of the embedded cluster are forgotten then)`,
        );
      }
    });
  }

  put(resource: string, json: string): void {
    this.append(`{"resource":"${resource}","object":${json}}\n`);
  }

  remove(resource: string, key: string, version: number): void {
    this.append(`${JSON.stringify({ resource, key, version })}\n`);
  }

  /** Whether the file has grown enough to be written anew. */
  get wasteful(): boolean {
    return this.size > Math.max(MIN_GROWTH, this.sizeWhenCompacted * 4, this.sizeToTryAgain);
  }

  /**
   * Replaces the file by these objects; `version` keeps the counter of resource versions from going back.
   * @throws Error where they cannot be written; then the file is as it was
   */
  compact(objects: Iterable<readonly [resource: string, json: string]>, version: number): void {
    const draft = `${this.path}.new`;
    let size: number;
    try {
      size = this.writeDraft(draft, objects, version);
      renameSync(draft, this.path);
    } catch (error) {
      this.sizeToTryAgain = this.size + MIN_GROWTH;
      rmSync(draft, { force: true });
      throw error;
    }
    this.close();
    this.descriptor = openSync(this.path, 'a', 0o600);
    this.size = size;
    this.sizeWhenCompacted = size;
    this.isTorn = false;
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private append(line: string): void {
    const { descriptor } = this;
    if (descriptor === undefined) throw new Error('the embedded cluster is stopped');
    if (this.isTorn) this.takeBack(descriptor);
    try {
      this.size += this.writeAll(descriptor, line);
    } catch (error) {
      this.isTorn = true;
      try {
        this.takeBack(descriptor);
      } catch {
        // Before anything else is written.
      }
      throw error;
    }
  }

  private takeBack(descriptor: number): void {
    ftruncateSync(descriptor, this.size);
    this.isTorn = false;
  }

  /** @returns how many bytes it has */
  private writeDraft(draft: string, objects: Iterable<readonly [string, string]>, version: number): number {
    const descriptor = openSync(draft, 'w', 0o600);
    try {
      let size = this.writeAll(descriptor, `${JSON.stringify({ resource: '', key: '', version })}\n`);
      for (const [resource, json] of objects)
        size += this.writeAll(descriptor, `{"resource":"${resource}","object":${json}}\n`);
      fsyncSync(descriptor);
      return size;
    } finally {
      closeSync(descriptor);
    }
  }

  /** A full disk takes a part first, and says so only of the rest. @returns how many bytes it has */
  private writeAll(descriptor: number, line: string): number {
    const bytes = Buffer.from(line);
    for (let written = 0; written < bytes.length;) written += this.write(descriptor, bytes, written);
    return bytes.length;
  }
}
