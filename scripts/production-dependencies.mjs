import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));

/**
 * Writes a package.json and a package-lock.json into the folder that hold what the server needs at run time, in the locked versions, and nothing else.
 * `npm ci --omit=dev` in the project's folder would also bring the examples' packages and optional peers that developers have.
 */
export function writeProductionDependencies(folder) {
  mkdirSync(folder, { recursive: true });
  const { name, version, license, dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(project, 'package.json'), 'utf8'),
  );
  const content = { name, version, license, private: true, dependencies, optionalDependencies };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(content));
  writeFileSync(join(folder, 'package-lock.json'), readFileSync(join(project, 'package-lock.json')));
  const args = ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund', '--offline'];
  execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeProductionDependencies(process.argv[2]);
