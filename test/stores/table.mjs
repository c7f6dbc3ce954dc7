// What was measured of stores, as tables: `npm run test:stores` measures and compares with expected.json, `npm run stores-docs` writes them
// into docs/object-stores.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const expectedPath = join(import.meta.dirname, 'expected.json');
export const documentPath = join(import.meta.dirname, '../../docs/object-stores.md');

export const sizes = { '8 B': 8, '100 kB': 100_000, '5 MiB': 5 * 2 ** 20, '20 MiB': 20 * 2 ** 20 };
export const cutters = ['client', 'network', 'kill'];
export const positions = ['beginning', 'middle', 'end'];

const words = { w: 'whole', d: 'dropped', r: 'refused', n: 'noticed', u: 'unnoticed' };

export const readExpected = () => JSON.parse(readFileSync(expectedPath, 'utf8'));

/** A letter per position, so that a size is a word. */
export function cellOf(expected, store, way, cutter, size, position) {
  return words[expected.cells[store]?.[way]?.[cutter]?.[size]?.[positions.indexOf(position)]];
}

const merge = (target, source) => {
  for (const [name, value] of Object.entries(source)) {
    if (typeof value === 'object') merge((target[name] ??= {}), value);
    else target[name] = value;
  }
  return target;
};

/** What a run measured. */
const measured = { versions: {}, findings: {}, cells: {} };
export const letters = {
  note(store, way, cutter, size, position, outcome) {
    const row = (((measured.cells[store] ??= {})[way] ??= {})[cutter] ??= {});
    const word = [...(row[size] ?? '???')];
    word[positions.indexOf(position)] = Object.keys(words).find((letter) => words[letter] === outcome);
    row[size] = word.join('');
  },
  found(store, findings) {
    measured.findings[store] = findings;
  },
  /** Prints what was measured; with STORES_UPDATE it is what is expected from now on. */
  write(kinds) {
    for (const { name, version } of kinds) measured.versions[name] = version;
    process.stdout.write(`\n${[...findingsTable(measured), '', ...cutsTable(measured)].join('\n')}\n\n`);
    if (!process.env.STORES_UPDATE) return;
    writeFileSync(expectedPath, `${JSON.stringify(merge(readExpected(), measured), undefined, 2)}\n`);
  },
};

const row = (cells) => `| ${cells.join(' | ')} |`;
const heading = (cells) => [row(cells), row(cells.map(() => '---'))];
const nameOf = ({ versions }, store) => `${store} ${versions[store] ?? ''}`.trim();

export function findingsTable(data) {
  const stores = Object.entries(data.findings);
  if (stores.length === 0) return [];
  const names = Object.keys(stores[0][1]);
  const rows = stores.map(([store, found]) => row([nameOf(data, store), ...names.map((name) => found[name])]));
  return [...heading(['store', ...names.map((name) => `\`${name}\``)]), ...rows];
}

export function cutsTable(data) {
  const rows = Object.entries(data.cells).flatMap(([store, byWay]) =>
    Object.entries(byWay).flatMap(([way, byCutter]) => {
      const told = cutters.filter((cutter) => byCutter[cutter]).map((cutter) => [cutter, cellsOf(byCutter[cutter])]);
      const different = [...new Set(told.map(([, cells]) => cells.join('|')))];
      return different.map((cells) => {
        const by = told.filter(([, each]) => each.join('|') === cells).map(([cutter]) => cutter);
        return row([nameOf(data, store), way, by.join(', '), ...cells.split('|')]);
      });
    }),
  );
  if (rows.length === 0) return [];
  return [...heading(['store', 'what is written', 'cut by', ...Object.keys(sizes)]), ...rows];
}

/** `dropped`, or where it is not the same everywhere, one after the other: beginning, middle, end. */
function cellsOf(bySize) {
  return Object.keys(sizes).map((size) => {
    const each = [...(bySize[size] ?? '???')].map((letter) => words[letter] ?? '?');
    return new Set(each).size === 1 ? each[0] : each.join(', ');
  });
}

const blocks = { findings: findingsTable, cuts: cutsTable };
const marked = (name, content) => `<!-- ${name}: npm run stores-docs -->\n\n${content}\n\n<!-- end of ${name} -->`;

/** The document with its tables as expected.json has them. */
export function withTables(document, expected = readExpected()) {
  return Object.entries(blocks).reduce((text, [name, table]) => {
    const block = new RegExp(`<!-- ${name}: npm run stores-docs -->[\\s\\S]*?<!-- end of ${name} -->`);
    if (!block.test(text)) throw new Error(`${documentPath} has no place for the table ${name}`);
    return text.replace(block, () => marked(name, table(expected).join('\n')));
  }, document);
}

if (process.argv[1] === import.meta.filename) {
  const { format, resolveConfig } = await import('prettier');
  const options = { ...(await resolveConfig(documentPath)), parser: 'markdown' };
  writeFileSync(documentPath, await format(withTables(readFileSync(documentPath, 'utf8')), options));
}
