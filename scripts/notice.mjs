// Writes the list of packages and their licenses into NOTICE; --check: fails where the list is not that of the lock file.
import { readFileSync, writeFileSync } from 'node:fs';
import { makeSbom } from './sbom.mjs';

const file = new URL('../NOTICE', import.meta.url);
const heading =
  'The server runs with these packages (name, version, license; made by `npm run notice`). Their license texts stand in their\n' +
  "folders under node_modules, in the server's image under /app/node_modules.\n";

const packages = makeSbom()
  .components.map(({ name, version, licenses = [] }) => {
    const named = licenses.map(({ license, expression }) => expression ?? license?.id ?? license?.name);
    if (named.length === 0 || named.includes(undefined)) throw new Error(`${name} ${version} names no license`);
    return `${name} ${version} ${named.join(', ')}`;
  })
  .sort();
const current = readFileSync(file, 'utf8');
const own = current.split(heading)[0].trimEnd();
const notice = `${own}\n\n${heading}\n${[...new Set(packages)].join('\n')}\n`;
if (!process.argv.includes('--check')) writeFileSync(file, notice);
else if (notice !== current) {
  console.error('NOTICE is not that of the packages in package-lock.json: run `npm run notice`.');
  process.exit(1);
}
