import { readFileSync } from 'node:fs';

/** Runs papermill inside the container, and reports; with Python's own library only, for it runs in any image. */
export const RUNNER = read('run_notebook.py');

const KERNEL = read('../kernel/notebook_kernel.py');

/** Papermill's program for notebooks that it does not run, or not rightly, by itself; with the Python that papermill is installed in. */
export const PAPERMILL = KERNEL + read('../kernel/run_papermill.py');

/** Finds out about notebooks, with the Python that papermill is installed in. */
export const INSPECTOR = KERNEL + read('../catalogue/read_assignments.py') + read('../catalogue/inspect_notebooks.py');

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}
