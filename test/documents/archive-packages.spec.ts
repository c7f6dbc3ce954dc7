import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const source = join(import.meta.dirname, '..', '..', 'src');
const DRIVERS = ['pg', 'kysely', '@electric-sql/pglite'];

/** What a file of the source loads as soon as it is loaded itself, as far as it goes: names of packages. */
function loadedBy(file: string, seen = new Set<string>()): Set<string> {
  const path = join(source, file);
  if (seen.has(path)) return new Set();
  seen.add(path);
  const imports = [
    ...readFileSync(path, 'utf8').matchAll(/^(?:import|export)(?! type\b)(?:\s[^;'=]*\sfrom)?\s'([^']+)';$/gm),
  ];
  return new Set(
    imports.flatMap(([, name = '']) =>
      name.startsWith('.')
        ? [...loadedBy(sourceOf(join(dirname(file), name)), seen)]
        : [name.split('/', name.startsWith('@') ? 2 : 1).join('/')],
    ),
  );
}

function sourceOf(file: string): string {
  const [ts, tsx] = ['.ts', '.tsx'].map((ending) => file.replace(/\.js$/, ending)) as [string, string];
  return existsSync(join(source, ts)) ? ts : tsx;
}

describe('drivers of databases', () => {
  it('are loaded with the archive', () => {
    expect([...loadedBy('archive/database/archive-database.module.ts')]).toEqual(
      expect.arrayContaining(['pg', 'kysely']),
    );
  });

  it.each(['app.module.ts', 'index.ts'])('are not loaded by %s, for where there is no archive', (file) => {
    const loaded = loadedBy(file);
    expect(loaded).toContain('@nestjs/common');
    expect(DRIVERS.filter((name) => loaded.has(name))).toEqual([]);
  });

  it('of the embedded archive is loaded by its thread alone', () => {
    expect([...loadedBy('archive/database/archive-database.module.ts')]).not.toContain('@electric-sql/pglite');
    expect([...loadedBy('archive/database/embedded-worker.ts')]).toContain('@electric-sql/pglite');
  });
});
