import { describeFromMetadata } from '../../description/process-metadata.js';
import type { ConfiguredProcess } from '../../processor.js';
import type { ProcessDescription } from '../../description/process-description.js';
import type { NotebookDefinition } from './definition/notebook.definition.js';
import { notebookInputs } from './inputs/notebook-inputs.js';

/**
 * What stands where the configuration has no `metadata`. No outputs are declared: each scrap of the notebook that is run becomes one, under its own name, beside the executed
 * notebook.
 */
const anyNotebook: Partial<ProcessDescription> = {
  version: '1.0.0',
  title: 'Execute a notebook',
  description:
    'Runs a Jupyter notebook with papermill. Results are its scraps (scrapbook), each under its name, and the executed notebook as "notebook".',
  keywords: ['notebook', 'papermill'],
  jobControlOptions: ['async-execute', 'dismiss'],
  inputs: notebookInputs,
  example: { inputs: { notebook: 'notebooks/my-notebook.ipynb', parameters_json: { name: 'value' } } },
};

/** A process that runs one notebook has that notebook's parameters as its inputs: what `metadata.inputs` says. */
export function describeNotebook(process: ConfiguredProcess<NotebookDefinition>): ProcessDescription {
  if (process.definition.notebook === undefined) return describeFromMetadata(process, anyNotebook);
  const { title, description, inputs: _inputs, example: _example, ...defaults } = anyNotebook;
  return describeFromMetadata(process, { ...defaults, title, description });
}
