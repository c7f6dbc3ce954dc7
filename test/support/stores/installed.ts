import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Installed once per version, beside the temporary files; later runs find it there. */
async function cached(name: string, install: (folder: string) => Promise<void>): Promise<string> {
  const cache = join(tmpdir(), 'ogc-processes-k8s-test-stores');
  const folder = join(cache, name);
  if (await isThere(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(`${folder}.`);
  try {
    await install(unfinished);
    // Another run may have been faster; what it installed is the same.
    await rename(unfinished, folder).catch((error: unknown) =>
      isThere(folder).then((there) => {
        if (!there) throw error;
      }),
    );
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

async function isThere(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

/** A package of PyPI with what it needs. @returns the folder to have in PYTHONPATH; its programs are in `bin` there */
export function fromPyPI(name: string, version: string, extra = ''): Promise<string> {
  return cached(`${name}-${version}`, async (folder) => {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', folder];
    await run('python3', [...pip, `${name}${extra}==${version}`]);
  });
}

export interface Artifact {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
}

/**
 * An artifact of Maven Central with what it needs at run time.
 * @param pinned what its makers' own build has in these versions, and a build without their parent project does not
 * @returns the class path
 */
export async function fromMavenCentral(wanted: Artifact, pinned: readonly Artifact[] = []): Promise<string> {
  const folder = await cached(`${wanted.artifact}-${wanted.version}`, async (target) => {
    const pom = join(target, 'pom.xml');
    await writeFile(
      pom,
      `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
        <groupId>test</groupId><artifactId>store</artifactId><version>1</version>
        <dependencyManagement>${dependencies(pinned)}</dependencyManagement>${dependencies([wanted])}</project>`,
    );
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(target, 'lib')}`];
    await run('mvn', ['--quiet', '--batch-mode', '--file', pom, ...copy]);
  });
  return join(folder, 'lib', '*');
}

function dependencies(artifacts: readonly Artifact[]): string {
  const each = artifacts.map(
    ({ group, artifact, version }) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  );
  return `<dependencies>${each.join('')}</dependencies>`;
}

/** A program of a Go module, built here, which takes minutes. @returns its path */
export async function fromGoModule(program: string, version: string): Promise<string> {
  const name = program.slice(program.lastIndexOf('/') + 1);
  const folder = await cached(`${name}-${version}`, async (target) => {
    const env = { ...process.env, GOBIN: target, CGO_ENABLED: '0' };
    await run('go', ['install', '-trimpath', `${program}@${version}`], { env });
  });
  return join(folder, name);
}
