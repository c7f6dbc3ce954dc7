import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectFolder } from './child.js';

const run = promisify(execFile);

export interface PackedPackage {
  readonly files: readonly { readonly path: string; readonly size: number }[];
  /** Bytes. */
  readonly unpackedSize: number;
}

/** Packs this package as it would be published and puts it, with its dependencies, into the folder's `node_modules`, as `npm install` would. */
export async function installPackedPackage(folder: string): Promise<PackedPackage> {
  const modules = join(folder, 'node_modules');
  await mkdir(modules, { recursive: true });
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: projectFolder,
  });
  const listed = JSON.parse(stdout) as Record<string, PackedPackage & { filename: string }>;
  const packed = Object.values(listed)[0];
  if (!packed) throw new Error(`npm pack packed nothing: ${stdout}`);
  for (const name of await readdir(join(projectFolder, 'node_modules'))) {
    if (name !== 'ogc-processes-k8s') await symlink(join(projectFolder, 'node_modules', name), join(modules, name));
  }
  await run('tar', ['-xzf', join(folder, packed.filename), '-C', folder]);
  await rename(join(folder, 'package'), join(modules, 'ogc-processes-k8s'));
  return packed;
}

/** Runs the TypeScript compiler there. @returns what it prints, empty where everything is right */
export async function compile(folder: string, args: readonly string[]): Promise<string> {
  const tsc = join(projectFolder, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [tsc, ...args], { cwd: folder }).then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
  );
}
