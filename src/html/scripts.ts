import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the build compiles of `browser/`, and what it puts beside that. */
const FOLDER = fileURLToPath(new URL('./browser/', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.css': 'text/css; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

export interface ScriptFile {
  readonly type: string;
  readonly content: Buffer;
}

const files: ReadonlyMap<string, ScriptFile> = new Map(
  readdirSync(FOLDER, { recursive: true, withFileTypes: true })
    // The build leaves types and maps of what the server itself takes from there; no page loads them.
    .filter((entry) => entry.isFile() && extname(entry.name) in TYPES)
    .map((entry) => relative(FOLDER, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort()
    .map((name) => [name, { type: TYPES[extname(name)] ?? '', content: readFileSync(join(FOLDER, name)) }]),
);

/** One for all files, so that they may import each other by their names. */
const HASH = [...files]
  .reduce(
    (hash, [name, { content }]) => hash.update(`${name}\0${content.length}\0`).update(content),
    createHash('sha256'),
  )
  .digest('hex')
  .slice(0, 16);

/** Where the scripts of pages are, beneath the address of the API: changes with what is in them, so they may be kept for ever. */
export const SCRIPTS_PATH = `/static/scripts/${HASH}`;

/** @returns undefined where there is none, or none of this version */
export function scriptFile(hash: string, name: string): ScriptFile | undefined {
  return hash === HASH ? files.get(name) : undefined;
}
