// Prints the software bill of materials of what runs in production (CycloneDX, JSON), from the lock file.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeProductionDependencies } from './production-dependencies.mjs';

export function makeSbom() {
  const parent = mkdtempSync(join(tmpdir(), 'sbom-'));
  // npm names the product after its folder.
  const folder = join(parent, 'ogc-processes-k8s');
  try {
    writeProductionDependencies(folder);
    const args = ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'];
    return JSON.parse(
      execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 }),
    );
  } finally {
    rmSync(parent, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(makeSbom(), undefined, 2));
