import { describe, expect, it, test } from '@jest/globals';
import type { Finding } from '../../../processor.js';
import { expandNotebooks, soughtNotebooks } from './notebook-catalogue.js';
import type { NotebookDefinition, NotebookEntryDefinition } from '../definition/notebook.definition.js';
import { inputsOf } from './notebook-finding.js';

const common = { default_image: 'example', output_directory: '/home/jovyan/jobs', check_auth: true };
const processWith = (keys: Partial<NotebookDefinition>) => ({
  id: 'catalogue',
  definition: { ...common, ...keys } as NotebookDefinition,
});
const catalogue = (...notebooks: Partial<NotebookEntryDefinition>[]) =>
  processWith({ notebooks: notebooks as NotebookEntryDefinition[] });
const pending: Finding = { state: 'pending' };
const found = (notebooks: object[], problems: string[] = []): Finding => ({
  state: 'found',
  value: { notebooks, problems },
});
const parameter = { name: 'n', type: 'int', help: 'How many', source: '3', default: 3 };
const n = { title: 'n', description: 'How many', schema: { type: 'integer', default: 3 }, minOccurs: 0, maxOccurs: 1 };

describe('a catalogue of notebooks', () => {
  it('looks for paths, patterns, and both in the repository', () => {
    const entries = [{ path: 'a.ipynb' }, { glob: 'b/**/*.ipynb' }, { git: 'c.ipynb' }, { git: 'd/*.ipynb' }];
    expect(soughtNotebooks(catalogue(...entries).definition)).toEqual([
      { path: 'a.ipynb' },
      { glob: 'b/**/*.ipynb' },
      { path: '/home/jovyan/git/algorithm/c.ipynb' },
      { glob: '/home/jovyan/git/algorithm/d/*.ipynb' },
    ]);
  });

  it('has a process for each notebook that it names from the start, which takes any parameters and says so', () => {
    expect(expandNotebooks(catalogue({ path: 'lib/My plot.ipynb' }), pending)).toEqual([
      {
        id: 'My-plot',
        definition: {
          ...common,
          notebook: 'lib/My plot.ipynb',
          metadata: {
            title: 'My-plot',
            description:
              'Its inputs are not known: the notebooks are being looked at. It takes any parameters, unchecked.',
          },
        },
      },
    ]);
  });

  it('has the inputs, title and description that were found, beneath what the configuration says', () => {
    const entries = [
      { path: 'a.ipynb' },
      { path: 'b.ipynb', id: 'bee', title: 'Bee', metadata: { outputs: { plot: { schema: {} } }, version: '2' } },
      { path: 'c.ipynb', description: 'Mine', metadata: { inputs: { own: { schema: {} } } } },
    ];
    const notebooks = entries.map(({ path }, entry) => ({
      entry,
      path: `/home/jovyan/${path}`,
      title: 'Heading',
      description: 'Text',
      parameters: [parameter],
    }));
    expect(
      expandNotebooks(catalogue(...entries), found(notebooks)).map(({ id, definition }) => [
        id,
        definition.notebook,
        definition.metadata,
      ]),
    ).toEqual([
      ['a', 'a.ipynb', { title: 'Heading', description: 'Text', inputs: { n } }],
      [
        'bee',
        'b.ipynb',
        { title: 'Bee', description: 'Text', version: '2', inputs: { n }, outputs: { plot: { schema: {} } } },
      ],
      ['c', 'c.ipynb', { title: 'Heading', description: 'Mine', inputs: { own: { schema: {} } } }],
    ]);
  });

  it('has a process for each notebook that fits a pattern, with the folder in its id where two have one name', () => {
    const paths = ['/home/jovyan/x/plot.ipynb', '/home/jovyan/y/plot.ipynb', '/home/jovyan/y/other.ipynb'];
    const notebooks = paths.map((path) => ({ entry: 0, path, parameters: [] }));
    const expanded = expandNotebooks(catalogue({ glob: '*/*.ipynb', id_prefix: 'demo-' }), found(notebooks));
    expect(expanded.map(({ id, definition }) => [id, definition.notebook])).toEqual([
      ['demo-x-plot', paths[0]],
      ['demo-y-plot', paths[1]],
      ['demo-other', paths[2]],
    ]);
  });

  test.each<[Finding, string]>([
    [pending, 'the notebooks are being looked at'],
    [{ state: 'pending', reason: 'ErrImagePull' }, 'ErrImagePull'],
    [{ state: 'failed', reason: 'no papermill' }, 'no papermill'],
    [{ state: 'found', value: ['nonsense'] }, 'what the inspection printed is not what was expected'],
  ])('stands for itself while its patterns are not known: %j', (finding, reason) => {
    const [named, placeholder] = expandNotebooks(catalogue({ path: 'a.ipynb' }, { glob: '*.ipynb' }), finding);
    expect(named?.id).toBe('a');
    expect([placeholder?.id, placeholder?.definition.notebook, placeholder?.definition.metadata]).toEqual([
      'catalogue',
      undefined,
      { title: 'Notebooks', description: `The notebooks of this catalogue are not known: ${reason}.`, inputs: {} },
    ]);
  });

  it('tells what is the matter with a notebook, which takes any parameters then', () => {
    const notebooks = [{ entry: 0, path: '/home/jovyan/a.ipynb', problem: 'it cannot be read' }];
    const [only] = expandNotebooks(catalogue({ path: 'a.ipynb' }), found(notebooks, ['no further notebook is at x']));
    expect(only?.problem).toBe('a.ipynb: it cannot be read; no further notebook is at x');
    expect(only?.definition.metadata).toEqual({
      title: 'a',
      description: 'Its inputs are not known: it cannot be read. It takes any parameters, unchecked.',
    });
  });

  it('is left alone where the configuration says everything', () => {
    const any = processWith({});
    expect(expandNotebooks(any, pending)).toEqual([any]);
    const one = processWith({ notebook: 'a.ipynb', metadata: { inputs: {} } });
    expect(expandNotebooks(one, pending)).toEqual([one]);
  });

  it('of one notebook keeps its id', () => {
    const one = processWith({ notebook: 'a.ipynb', metadata: { title: 'Mine' } });
    const notebooks = [{ entry: 0, path: '/home/jovyan/a.ipynb', title: 'Heading', parameters: [parameter] }];
    expect(expandNotebooks(one, found(notebooks))).toEqual([
      { id: 'catalogue', definition: { ...common, notebook: 'a.ipynb', metadata: { title: 'Mine', inputs: { n } } } },
    ]);
  });
});

describe('the input of a parameter', () => {
  const optional = { minOccurs: 0, maxOccurs: 1 };
  test.each([
    [
      { name: 'a', type: 'float', help: '', source: '1.0', default: 1 },
      { title: 'a', schema: { type: 'number', default: 1 } },
    ],
    [
      { name: 'a', type: 'str', help: '', source: 'None', default: null },
      { title: 'a', schema: { type: 'string' } },
    ],
    [
      { name: 'a', type: 'int', help: '', source: '"x"', default: 'x' },
      { title: 'a', description: 'Default in the notebook: "x"', schema: { type: 'integer' } },
    ],
    [
      { name: 'a', type: 'date', help: 'The day', source: 'today()' },
      { title: 'a', description: 'The day\nType in the notebook: date\nDefault in the notebook: today()', schema: {} },
    ],
    [
      { name: 'password', type: null, help: '', source: '' },
      { title: 'password', schema: {} },
    ],
  ])('%j', (found, input) => {
    expect(inputsOf([found])).toEqual({ [found.name]: { ...input, ...optional } });
  });
});
