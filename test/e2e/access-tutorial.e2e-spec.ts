import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Child, projectFolder } from '../support/child.js';
import { eventually } from '../support/wait.js';

const ADDRESS = 'http://127.0.0.1:5000';
const BUILD = 'npm run --silent build\n';
const START = 'npm start -- ';

describe('the first steps of docs/access.md', () => {
  let folder: string;
  let blocks: { readonly language: string; readonly title: string; readonly text: string }[];
  let server: Child | undefined;
  let url = ADDRESS;

  /** In a folder that has of a checkout what is needed once it is built. */
  const run = async (commands: string) =>
    (
      await promisify(execFile)('sh', ['-c', commands.replace(BUILD, '').replaceAll(ADDRESS, url)], {
        cwd: folder,
        timeout: 120_000,
      })
    ).stdout;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'e2e-access-'));
    for (const name of ['dist', 'node_modules', 'package.json'])
      await symlink(join(projectFolder, name), join(folder, name));
    const page = await readFile(join(projectFolder, 'docs/access.md'), 'utf8');
    const [, steps = ''] = /^## In ten minutes$(.*?)^##/ms.exec(page) ?? [];
    blocks = [...steps.matchAll(/^```(\w+) ?(\S*)\n(.*?)^```$/gms)].map(([, language = '', title = '', text = '']) => ({
      language,
      title,
      text,
    }));
  });
  afterAll(async () => {
    await server?.end();
    await rm(folder, { recursive: true, force: true });
  });

  it('work as they are written', async () => {
    const before = async () => readFile(join(folder, 'my-server/bob'), 'utf8');
    let answers = 0;
    let ofBob = '';
    for (const [at, { language, title, text }] of blocks.entries()) {
      if (title === 'config.yaml') await writeFile(join(folder, 'my-server', title), text);
      if (language !== 'sh') continue;
      if (text.startsWith(START)) {
        const args = text.trim().replace(START, '').replaceAll('my-server', join(folder, 'my-server')).split(' ');
        const ready = /^listening on (http:\S+)$/m;
        const { child, match } = await Child.start('dist/main.js', [...args, '--port', '0'], {}, ready);
        [server, url] = [child, match[1] ?? ''];
        ofBob = await before();
        continue;
      }
      const expected = blocks[at + 1]?.language === 'text' ? (blocks[at + 1]?.text ?? '') : '';
      if (text.includes('audit.log')) await eventually('the record', async () => (await run(text)) === expected);
      else expect([text, await run(text)]).toEqual([text, expected]);
      if (expected !== '') answers += 1;
    }
    expect(answers).toBe(4);
    const statusOf = async (token: string) =>
      (await fetch(`${url}/processes/greeting`, { headers: { authorization: `Bearer ${token.trim()}` } })).status;
    const next = await before();
    expect(next).not.toBe(ofBob);
    await eventually('the new token', async () => (await statusOf(next)) === 200);
    expect(await statusOf(ofBob)).toBe(401);
  });
});
