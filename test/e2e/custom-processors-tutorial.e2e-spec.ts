import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Child, projectFolder } from '../support/child.js';

const ADDRESS = 'http://127.0.0.1:5000';

interface Block {
  readonly language: string;
  /** The word after the language: a file's name. */
  readonly title: string;
  readonly text: string;
}

async function readTutorial(): Promise<Block[]> {
  const page = await readFile(join(projectFolder, 'docs/custom-processors.md'), 'utf8');
  const [, tutorial = ''] = /^## In ten minutes$(.*?)^## /ms.exec(page) ?? [];
  return [...tutorial.matchAll(/^```(\w+) ?(\S*)\n(.*?)^```$/gms)].map(([, language = '', title = '', text = '']) => ({
    language,
    title,
    text,
  }));
}

describe('the tutorial of docs/custom-processors.md', () => {
  let folder: string;
  let blocks: Block[];
  let server: Child | undefined;
  let url = '';

  const textOf = (title: string) => blocks.find((block) => block.title === title)?.text ?? '';
  const curl = async (command: string) =>
    (await promisify(execFile)('sh', ['-c', command.replaceAll(ADDRESS, url)], { timeout: 120_000 })).stdout;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'e2e-tutorial-'));
    blocks = await readTutorial();
  });
  afterAll(async () => {
    await server?.end();
    await rm(folder, { recursive: true, force: true });
  });

  /** As the page says, on a free port, with the files of the test. */
  async function start(): Promise<void> {
    await server?.end();
    const command = blocks.find(({ text }) => text.startsWith('npm start -- '))?.text ?? '';
    const args = command.trim().replace('npm start -- ', '').replace('my-processes', folder).split(' ');
    const own = ['--port', '0', '--data-dir', join(folder, 'data')];
    const { child, match } = await Child.start('dist/main.js', [...args, ...own], {}, /^listening on (http:\S+)$/m);
    server = child;
    url = match[1] ?? '';
  }

  it('works as it is written', async () => {
    for (const { title, text } of blocks.filter((block) => block.title.includes('.')))
      await writeFile(join(folder, title), text);
    await start();
    const steps = blocks.flatMap((block, at) =>
      block.text.startsWith('curl ') ? [[block, blocks[at + 1]] as const] : [],
    );
    expect(steps).toHaveLength(2);
    for (const [{ text }, expected] of steps) {
      const answer = await curl(text);
      if (expected?.language === 'json')
        expect(JSON.parse(answer)).toEqual(JSON.parse(expected.text.replaceAll(ADDRESS, url)));
      else expect(answer.trim()).toBe(expected?.text.trim());
    }
  });

  it('adds a check of its own', async () => {
    const source = textOf('unique-lines.mjs');
    const changed = source.replace(/^}$/m, `${textOf('validate')}}`);
    expect(changed).not.toBe(source);
    await writeFile(join(folder, 'unique-lines.mjs'), changed);
    await start();
    const [first] = blocks.filter(({ text }) => text.startsWith('curl '));
    const blank = (first?.text ?? '').replace('pear\\napple\\npear', '  ');
    expect(JSON.parse(await curl(blank))).toMatchObject({
      status: 400,
      errors: [{ pointer: '/inputs/text', message: 'must hold a line that is not blank' }],
    });
    expect((await curl(first?.text ?? '')).trim()).toBe('apple\npear');
  });
});
