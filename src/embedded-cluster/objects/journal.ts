import { closeSync, existsSync, openSync, readFileSync, renameSync, writeSync, fsyncSync } from 'node:fs';
import type { KubeObject } from './kubernetes-object.js';

/** One line of the journal: an object as it is now, or a deletion. */
export type Entry =
  | { readonly resource: string; readonly object: KubeObject }
  | { readonly resource: string; readonly key: string; readonly version: number };

const MIN_GROWTH = 16 * 1024 * 1024;

/**
 * The objects on disk: a file to which every change is appended before it is answered, so that a killed process loses nothing that a client has
 * been told. It is written anew, atomically, at start and when it has grown to several times its content.
 * A last line that was cut off by a crash is dropped.
 */
export class Journal {
  private descriptor: number | undefined;
  private size = 0;
  private sizeWhenCompacted = 0;

  constructor(private readonly path: string) {}

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
    return this.size > Math.max(MIN_GROWTH, this.sizeWhenCompacted * 4);
  }

  /** Replaces the file by these objects; `version` keeps the counter of resource versions from going back. */
  compact(objects: Iterable<readonly [resource: string, json: string]>, version: number): void {
    const draft = `${this.path}.new`;
    const descriptor = openSync(draft, 'w', 0o600);
    let size = writeSync(descriptor, `${JSON.stringify({ resource: '', key: '', version })}\n`);
    for (const [resource, json] of objects)
      size += writeSync(descriptor, `{"resource":"${resource}","object":${json}}\n`);
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(draft, this.path);
    this.close();
    this.descriptor = openSync(this.path, 'a', 0o600);
    this.size = size;
    this.sizeWhenCompacted = size;
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private append(line: string): void {
    if (this.descriptor === undefined) throw new Error('the embedded cluster is stopped');
    const bytes = Buffer.from(line);
    for (let written = 0; written < bytes.length;) written += writeSync(this.descriptor, bytes, written);
    this.size += bytes.length;
  }
}
