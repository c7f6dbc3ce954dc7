import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { onRealCluster } from '../support/cluster.js';
import { endOfNotebook, IMAGE, type Results, runNotebook } from '../support/notebooks.js';
import { TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** The blocks of the part, by language. */
async function readTutorial(): Promise<Record<string, string[]>> {
  const page = await readFile('docs/notebooks.md', 'utf8');
  const [, tutorial = ''] = /^## From zero$(.*?)^## /ms.exec(page) ?? [];
  const blocks = [...tutorial.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  return Object.fromEntries(
    ['python', 'sh', 'yaml'].map((language) => [
      language,
      blocks.filter(([, each]) => each === language).map(([, , text = '']) => text),
    ]),
  );
}

(onRealCluster ? describe : describe.skip)('the tutorial of docs/notebooks.md', () => {
  let blocks: Record<string, string[]>;
  let bed: TestBed;

  const json = async (path: string) => (await (await bed.get(path)).json()) as Results;
  const shell = async (command: string, variables: Record<string, string> = {}) =>
    (
      await promisify(execFile)('sh', ['-ec', command], {
        timeout: 120_000,
        env: { ...process.env, URL: bed.url, TOKEN, ...variables },
      })
    ).stdout;

  beforeAll(async () => {
    blocks = await readTutorial();
    const [configuration = ''] = blocks['yaml'] ?? [];
    const text = configuration.replace('registry.example.com/notebooks:1', IMAGE);
    expect(text).not.toBe(configuration);
    bed = await TestBed.startProcess({}, { configuration: () => text });
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  it('shows cells as they are in the example', async () => {
    const { cells } = JSON.parse(await readFile('examples/papermill/notebooks/waves.ipynb', 'utf8')) as {
      cells: { source: string[] }[];
    };
    const source = cells.map((cell) => cell.source.join('')).join('\n');
    const lines = (blocks['python']?.join('') ?? '').split('\n').filter((line) => /^(?!#)\S/.test(line));
    expect(lines).toHaveLength(6);
    expect(lines.filter((line) => !source.includes(line))).toEqual([]);
  });

  it('has both notebooks as processes at once, and a form with their parameters in a while', async () => {
    const { processes } = (await json('/processes')) as { processes: { id: string }[] };
    expect(processes.map(({ id }) => id)).toEqual(['waves', 'fails']);
    await eventually(
      'the parameters',
      async () => Object.keys((await json('/processes/waves'))['inputs'] as Results).length === 4,
      180_000,
    );
    const page = await (await bed.get('/processes/waves?f=html')).text();
    for (const name of ['title', 'frequencies', 'samples', 'pause']) expect(page).toContain(`name="input.${name}`);
    expect(page).toContain('Stands above the plot');
    expect((await json('/processes/fails'))['title']).toBe('Fails in its third cell');
  });

  it('runs one by its commands, and finds what it says in status and results', async () => {
    const [, commands = ''] = blocks['sh'] ?? [];
    const [execute = '', ...others] = commands.split(/^(?=curl )/m);
    expect((await bed.execute('waves')).status).toBe(401);
    const answer = await shell(execute);
    expect(answer).toMatch(/^HTTP\/1.1 201 /);
    const [, ID = ''] = /"jobID":\s*"([^"]+)"/.exec(answer) ?? [];
    const { status } = await endOfNotebook(bed, ID);
    const [statusText = '', resultsText = ''] = await Promise.all(others.map((command) => shell(command, { ID })));
    expect([status, statusText]).toEqual(['successful', expect.stringContaining('"progress":100')]);
    const results = JSON.parse(resultsText) as Results;
    expect(Object.keys(results).toSorted()).toEqual(['notebook', 'plot', 'range', 'result-file', 'title']);
    expect(JSON.stringify(results['notebook'])).toContain('frequencies = [1.0, 2.5]');
    const page = await (await bed.get(`/jobs/${ID}?f=html`)).text();
    expect(page).toContain('Executed notebook');
  });

  it('shows in which cell the other fails', async () => {
    const { jobID } = await runNotebook(bed, 'fails', {}, TOKEN);
    const anybody = await bed.status(jobID);
    expect([anybody.message, anybody.cause?.log]).toEqual([
      expect.stringMatching(/Cell 3 of 4 of the notebook failed: ZeroDivisionError\.$/),
      undefined,
    ]);
    const { cause } = await bed.status(jobID, TOKEN);
    expect(cause?.log).toMatch(/Cell 3 of 4 failed: ZeroDivisionError: division by zero$/);
  });
});
