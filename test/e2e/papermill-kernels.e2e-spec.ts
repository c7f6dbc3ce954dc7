import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { onRealCluster } from '../support/cluster.js';
import { kernelsHere, KERNELS_IMAGE, startNotebookBed, type NotebookBed } from '../support/notebook-kernels.js';
import { resultsOf, type Results, RUN_TIMEOUT, runNotebook } from '../support/notebooks.js';
import type { StatusInfo, TestClient } from '../support/test-client.js';
import { eventually } from '../support/wait.js';

const configuration = `
server:
  manager: { name: pygeoapi_kubernetes_papermill.KubernetesManager, finalizer_controller: true }
resources:
  notebooks:
    type: process
    processor:
      name: pygeoapi_kubernetes_papermill.PapermillNotebookKubernetesProcessor
      default_image: ${KERNELS_IMAGE}
      output_directory: /home/jovyan/my-jobs
      check_auth: false
      notebooks: [{ glob: "notebooks/*.ipynb" }]
`;

const kernels = kernelsHere();
const suite = kernels ? describe : describe.skip;
const withR = kernels?.includes('ir') ? it : it.skip;
const withBash = kernels?.includes('bash') ? it : it.skip;

let notebooks: NotebookBed;
let client: TestClient;
const json = async (path: string) => (await (await client.get(path)).json()) as Results;
const inputsOf = async (id: string) =>
  Object.fromEntries(
    Object.entries((await json(`/processes/${id}`))['inputs'] as Record<string, Results>).map(([name, input]) => [
      name,
      input['schema'],
    ]),
  );
async function succeed(id: string, inputs: Results = {}): Promise<{ status: StatusInfo; results: Results }> {
  const status = await runNotebook(client, id, inputs);
  return { status, results: await resultsOf(client, status) };
}

suite('notebooks of any kernel, run by papermill (TEST_PYTHON has it, or the real cluster)', () => {
  beforeAll(async () => {
    notebooks = await startNotebookBed(configuration);
    ({ client } = notebooks);
    await eventually(
      'the notebooks',
      async () => ((await json('/processes'))['processes'] as unknown[]).length > 1,
      RUN_TIMEOUT,
    );
  });
  afterAll(() => (notebooks as NotebookBed | undefined)?.stop());

  it('have their parameters as inputs, whatever they say of kernel and language', async () => {
    const text = { type: 'string', default: 'nobody' };
    const all = ['vscode', 'bare', 'no-language', 'shell', 'statistics', 'r-by-language', 'scraps'];
    expect(await Promise.all(all.map(inputsOf))).toEqual([
      { name: text },
      { name: text },
      { name: text },
      {
        title: { type: 'string', default: 'A title' },
        n: { type: 'integer', default: 3 },
        words: { type: 'array', items: { type: 'string' }, default: ['one', 'two'] },
        fail: { type: 'boolean', default: false },
      },
      {
        title: { type: 'string', default: 'A title' },
        n: { type: 'integer', default: 3 },
        xs: { type: 'array', items: { type: 'number' }, default: [1, 2.5] },
        fail: { type: 'boolean', default: false },
      },
      { x: { type: 'number', default: 1 } },
      {},
    ]);
    expect((await json('/processes/shell'))['inputs']).toMatchObject({ title: { description: 'Stands first' } });
  });

  it('give every scrap as scrapbook has it, an interactive figure, and the notebook beside a scrap of its name', async () => {
    const { status, results } = await succeed('scraps');
    expect(Object.keys(results).toSorted()).toEqual(
      ['count', 'record', 'newest', 'missing', 'table', 'shown', 'notebook', 'figure', 'result-notebook'].toSorted(),
    );
    expect(results).toMatchObject({
      count: 1,
      record: { value: { names: ['ä', true] } },
      newest: 'new',
      // Scrapbook's doing.
      missing: 'nan',
      notebook: 'a scrap of this name',
      table: { mediaType: 'application/vnd.apache.parquet' },
      figure: { mediaType: 'application/vnd.plotly.v1+json', value: { data: [{ type: 'scatter', name: 'line' }] } },
    });
    expect(JSON.stringify(results['shown'])).toContain('<table');
    const figure = await client.get(`/jobs/${status.jobID}/results/figure`);
    expect(figure.headers.get('content-type')).toBe('application/vnd.plotly.v1+json');
    const page = await (await client.get(`/jobs/${status.jobID}?f=html`)).text();
    expect(page).toContain('A figure (an interactive figure, plotly)');
    expect(page).toContain('scatter “line” with 3 values');
    expect(page).not.toMatch(/<script(?![^>]* src=")/);
  });

  it('run as Python where they do not say otherwise', async () => {
    const all = await Promise.all(['vscode', 'bare', 'no-language'].map((id) => succeed(id, { name: `ä "${id}"` })));
    expect(all.map(({ results }) => results['name'])).toEqual(['ä "vscode"', 'ä "bare"', 'ä "no-language"']);
  });

  withBash(
    'in bash take parameters, show how far they are, and say which cell failed',
    async () => {
      const [{ status, results }, failed] = await Promise.all([
        succeed('shell', { title: 'ä "$(id)" \'b\'', n: 7, words: ['x', 'y z', '*'] }),
        runNotebook(client, 'shell', { fail: true }),
      ]);
      expect(JSON.stringify(results['notebook'])).toContain(String.raw`ä \"$(id)\" 'b'|7|3|y z`);
      expect(await client.log(status.jobID)).toContain('5 of 5 cells of the notebook are done.');
      expect(failed.cause?.log).toMatch(/Cell 3 of 4 failed: /);
    },
    400_000,
  );

  withR(
    'in R take parameters with any characters, give scraps, and say which cell failed',
    async () => {
      const title = 'ä "b" \\n $(x) 🌍\n.';
      const [{ status, results }, failed, other] = await Promise.all([
        succeed('statistics', { title, n: 2, xs: [1, 0.5] }),
        runNotebook(client, 'statistics', { fail: true }),
        succeed('r-by-language', { x: 2.5 }),
      ]);
      expect(results).toMatchObject({ title, sum: 3 });
      expect(await client.log(status.jobID)).toContain('5 of 5 cells of the notebook are done.');
      expect(failed.cause?.log).toMatch(/Cell 4 of 4 failed: .*no such value/s);
      expect(JSON.stringify(other.results['notebook'])).toContain('"2.5"');
    },
    600_000,
  );
});

// Containers of the embedded cluster have the machine's own programs, too.
const canLack = !onRealCluster && ['/usr/local/bin', '/usr/bin'].every((folder) => !existsSync(`${folder}/papermill`));

(canLack ? describe : describe.skip)('a server without papermill on the embedded cluster', () => {
  let without: NotebookBed;
  beforeAll(async () => {
    without = await startNotebookBed(configuration.replace(/notebooks: .*$/m, 'notebook: notebooks/bare.ipynb'), []);
  });
  afterAll(() => (without as NotebookBed | undefined)?.stop());

  it('says what is missing when a notebook is executed', async () => {
    const { status, cause } = await runNotebook(without.client, 'notebooks', {});
    expect([status, cause?.log]).toEqual([
      'failed',
      expect.stringMatching(/no papermill in \$PATH\. .*install papermill.*--notebook-python \(NOTEBOOK_PYTHON\)\.$/),
    ]);
    const described = await (await without.client.get('/processes/notebooks')).text();
    expect(described).toContain('Its inputs are not known');
  });
});
