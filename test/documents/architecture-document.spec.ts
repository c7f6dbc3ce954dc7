import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { mayImport } from '../../import-rules.js';
import { ownAnnotation, OWN_PREFIX } from '../../src/k8s/names.js';
import { namesTest, readDocument } from '../../src/testing/named-test.js';

const project = join(import.meta.dirname, '..', '..');
const overview = 'docs/architecture.md';
const decisions = readdirSync(join(project, 'docs/decisions')).map((name) => `docs/decisions/${name}`);
const documents = [overview, 'docs/testing.md', ...decisions];

const LONGEST_LINE = 140;
const MOST_SOURCES = 22;

/** A path of the repository in backticks, without what stands for several (`*`) or for none in particular (capitals). */
const PATH = /`((?:src|test|docs|docker|scripts|k8s-manifests|k8s-kind|\.ci|\.github)\/[a-z0-9_./-]*)`/g;
const LINK = /\]\(([^)#:]*)(#[^)]*)?\)/g;

const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);
const withoutCode = (text: string) => text.replaceAll(/^```.*?^```$/gms, '');

/** The anchors that GitHub gives the headings of a document. */
const anchorsOf = (document: string) =>
  matches(readDocument(document), /^#+ (.*)$/gm).map(
    (heading) =>
      `#${heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-')}`,
  );

/** Folders under this one, itself included, without those that hold only what specs use. */
function foldersOf(folder: string): string[] {
  const inside = readdirSync(join(project, folder), { withFileTypes: true });
  const folders = inside.filter((entry) => entry.isDirectory() && entry.name !== 'testing');
  return [folder, ...folders.flatMap(({ name }) => foldersOf(join(folder, name)))];
}

const sourcesIn = (folder: string) =>
  readdirSync(join(project, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.spec\.tsx?$/.test(entry.name))
    .map(({ name }) => name);

describe.each(documents)('%s', (document) => {
  const text = readDocument(document);

  it('names only paths that exist', () => {
    expect(matches(text, PATH).filter((path) => !existsSync(join(project, path)))).toEqual([]);
  });

  it('links only to documents and headings that exist', () => {
    const broken = [...withoutCode(text).matchAll(LINK)].filter(([, path = '', anchor]) => {
      const target = path === '' ? document : relative(project, join(project, dirname(document), path));
      return !existsSync(join(project, target)) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it('has no line that is too long to read', () => {
    const lines = text.split('\n').filter((line) => !line.startsWith('|'));
    expect(lines.filter((line) => line.length > LONGEST_LINE)).toEqual([]);
  });
});

describe.each(decisions)('%s', (document) => {
  const text = readDocument(document);

  it('has the parts of a decision, and a title with its number', () => {
    const number = /\/(\d{3})-[a-z0-9-]+\.md$/.exec(document)?.[1];
    expect(text).toMatch(new RegExp(`^# ${number}: \\S`));
    const parts = matches(text, /^## (.*)$/gm);
    expect(parts).toEqual(['Context', 'Decision', 'Consequences', 'Where it stands']);
  });

  it('names tests that exist, which hold it', () => {
    const [, held = ''] = text.split('\nHeld by:\n');
    const references = held
      .trim()
      .split(/\n(?=- )/)
      .map((item) => item.replace(/^- /, '').replaceAll(/\n +/g, ' '));
    expect(references.filter((reference) => !namesTest(reference))).toEqual([]);
  });
});

describe('the decisions', () => {
  it('are numbered without a gap', () => {
    const numbers = decisions.map((path) => Number(/(\d{3})-/.exec(path)?.[1])).sort((a, b) => a - b);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  it('are each linked from the overview, once', () => {
    const [, index = ''] = /^## What was decided.*?$(.*?)^## /ms.exec(readDocument(overview)) ?? [];
    expect(matches(index, LINK).toSorted()).toEqual(decisions.map((path) => relative('docs', path)).toSorted());
  });
});

describe('the table of the architecture', () => {
  const rows = matches(readDocument(overview), /^\| `src\/([^`]+)` +\|/gm);
  const folders = Object.keys(mayImport);

  it('has a row for each folder of the import rules, in their order', () => {
    expect(rows).toEqual([...folders, '*.ts']);
  });

  it('may be read from the top: no folder may import one that stands beneath it', () => {
    const upward = Object.entries(mayImport).flatMap(([folder, allowed], row) => {
      const isAbove = (name: string) => folders.indexOf(name) < row;
      // Single files, as `k8s/names.ts`, are named because their folder may not be imported.
      return allowed.filter((name) => folders.includes(name) && !isAbove(name)).map((name) => `${folder}: ${name}`);
    });
    expect(upward).toEqual([]);
    const unknown = Object.values(mayImport).flat();
    expect(unknown.filter((name) => !folders.includes(name) && !existsSync(join(project, 'src', name)))).toEqual([]);
  });

  it('knows every folder of sources', () => {
    const unknown = foldersOf('src')
      .map((folder) => relative('src', folder))
      .filter((folder) => folder !== '' && sourcesIn(join('src', folder)).length > 0)
      .filter((folder) => !folders.some((known) => folder === known || folder.startsWith(`${known}/`)));
    expect(unknown).toEqual([]);
    expect(folders.filter((folder) => !existsSync(join(project, 'src', folder)))).toEqual([]);
  });
});

describe('the folders of sources', () => {
  it(`hold at most ${MOST_SOURCES} files each`, () => {
    const crowded = foldersOf('src').filter((folder) => sourcesIn(folder).length > MOST_SOURCES);
    expect(crowded).toEqual([]);
  });

  it('have start and wiring only at their root', () => {
    expect(sourcesIn('src').toSorted()).toEqual([
      'app.module.ts',
      'app.ts',
      'index.ts',
      'main.ts',
      'server.ts',
      'start.ts',
    ]);
  });
});

describe('the page of names', () => {
  it('names every annotation of its own, and no other', () => {
    const page = readDocument('docs/decisions/040-names.md');
    const [, consequences = ''] = /## Consequences\n(.*?)\n## /s.exec(page) ?? [];
    const listed = matches(consequences, /^- On (?:Jobs|Leases) of [a-z]+: ((?:.|\n {2})*)/gm).flatMap((list) =>
      matches(list.replaceAll(/\([^)]*\)/g, ''), /`([^`]+)`/g),
    );
    const own = Object.values(ownAnnotation).map((name) => name.slice(OWN_PREFIX.length));
    expect(listed.toSorted()).toEqual(own.toSorted());
  });
});
