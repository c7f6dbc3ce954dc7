import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { readDocument } from '../../src/testing/named-test.js';

const FOLDER = '.github/workflows';
const IMAGES = '.github/images/Dockerfile';
const workflows = readdirSync(FOLDER).map((name) => `${FOLDER}/${name}`);

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Workflow {
  readonly permissions?: unknown;
  readonly jobs: Readonly<Record<string, { readonly permissions?: unknown; readonly steps?: readonly Step[] }>>;
}

const linesWith = (document: string, pattern: RegExp) =>
  readDocument(document)
    .split('\n')
    .filter((line) => pattern.test(line));

/** An action by its commit, with the version that had it; or a workflow of this repository, which is of the same commit. */
const PINNED = /uses: (\.\/\S+( #.*)?|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/;

describe.each(workflows)('%s', (document) => {
  const { permissions, jobs } = parse(readDocument(document)) as Workflow;

  it('names actions by commits, and says of which version each is', () => {
    expect(linesWith(document, /^[^#]*\buses:/).filter((line) => !PINNED.test(line))).toEqual([]);
  });

  it('may only read where a job does not ask for more, and leaves no token in a checkout', () => {
    expect(permissions).toEqual({ contents: 'read' });
    const checkouts = Object.values(jobs)
      .flatMap(({ steps = [] }) => steps)
      .filter(({ uses = '' }) => uses.startsWith('actions/checkout@'));
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([]);
  });
});

it('one commit stands for one version of an action in all workflows', () => {
  const used = new Set(workflows.flatMap((document) => linesWith(document, /uses: [^.]/)).map((line) => line.trim()));
  const actions = [...used].map((line) => /uses: ([\w./-]+)@/.exec(line)?.[1]);
  expect(actions.length).toBeGreaterThan(5);
  expect(new Set(actions).size).toBe(actions.length);
});

describe('jobs of the release', () => {
  const { jobs } = parse(readDocument(`${FOLDER}/release.yaml`)) as Workflow;
  const writing = Object.entries(jobs).filter(([, job]) => JSON.stringify(job.permissions).includes('write'));

  it('that may write run no code of this repository or of its packages', () => {
    expect(writing.map(([name]) => name)).toEqual(['publish', 'release']);
    const text = JSON.stringify(writing);
    expect(
      ['actions/checkout', 'actions/setup-node', 'npm ', 'docker buildx'].filter((it) => text.includes(it)),
    ).toEqual([]);
  });

  it('build the image once', () => {
    expect(linesWith(`${FOLDER}/release.yaml`, /docker (buildx )?build /)).toHaveLength(1);
  });
});

describe('images that are used by digest', () => {
  const DIGEST = `sha256:${'ab'.repeat(32)}`;

  /** Runs a copy of `digests`, for which a registry answers as this does. */
  async function digests(dockerfile: string, answer: string, ...args: readonly string[]) {
    const folder = await mkdtemp(join(tmpdir(), 'digests-'));
    try {
      const file = join(folder, 'Dockerfile');
      await writeFile(file, dockerfile);
      await copyFile('.github/images/digests', join(folder, 'digests'));
      await writeFile(join(folder, 'docker'), `#!/bin/sh\n${answer}\n`);
      await chmod(join(folder, 'docker'), 0o755);
      const environment = { PATH: `${folder}:${process.env['PATH']}` };
      const { stdout } = await promisify(execFile)(join(folder, 'digests'), args, { env: environment });
      return { stdout, file: await readFile(file, 'utf8') };
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it('are those of the server’s Dockerfile, under the same names', () => {
    const base = /^FROM (\S+?)(@\S+)? AS base$/m.exec(readDocument(IMAGES))?.[1];
    const froms = linesWith('Dockerfile', /^FROM /).map((line) => line.split(' ')[1]);
    expect(new Set(froms)).toEqual(new Set([base]));
  });

  it('are given by what is noted, else by what the registry says, which is noted where that is asked for', async () => {
    const noted = `FROM a/b:1@sha256:${'12'.repeat(32)} AS other\n`;
    const text = `# comment\nFROM node:24 AS base\n${noted}`;
    const found = await digests(text, `echo ${DIGEST}`);
    expect(found.stdout).toBe(`base=node:24@${DIGEST}\nother=a/b:1@sha256:${'12'.repeat(32)}\n`);
    expect(found.file).toBe(text);
    const written = await digests(text, `echo ${DIGEST}`, '--write');
    expect(written.file).toBe(`# comment\nFROM node:24@${DIGEST} AS base\n${noted}`);
  });

  it.each([
    ['does not answer', 'exit 1', 'the registry was not reached'],
    ['answers nothing', 'true', 'no digest'],
    ['answers something else', 'echo sha256:123', 'no digest'],
  ])('are not given where the registry %s', async (_, answer, message) => {
    await expect(digests('FROM node:24 AS base\n', answer)).rejects.toThrow(message);
  });
});
