import { posix } from 'node:path';
import { HOME } from '../definition/places.js';

export interface PapermillOptions {
  /** Relative ones are under the home folder. */
  readonly notebook: string;
  readonly output: string;
  readonly logOutput: boolean;
  readonly kernel?: string;
  /** Base64 of YAML. */
  readonly parameters?: string;
}

/** Papermill's arguments, the program itself first; no shell ever sees them. */
export function makePapermillCommand({ notebook, output, logOutput, kernel, parameters }: PapermillOptions): string[] {
  const input = absolute(notebook);
  return [
    'papermill',
    withoutFields(input),
    withoutFields(output),
    '--engine',
    'kubernetes_job_progress',
    '--request-save-on-cell-execute',
    '--autosave-cell-every',
    '60',
    '--progress-bar',
    '--cwd',
    posix.dirname(input),
    ...(logOutput ? ['--log-output'] : []),
    ...(kernel ? ['-k', kernel] : []),
    ...(parameters ? ['-b', parameters] : []),
  ];
}

/** A path in the container; an absolute one cannot be taken for an option, nor for an address. */
export function absolute(path: string): string {
  return posix.resolve(HOME, path);
}

/** Papermill replaces `{name}` in paths by parameters (Python's `str.format`). */
function withoutFields(path: string): string {
  return path.replaceAll('{', '{{').replaceAll('}', '}}');
}
