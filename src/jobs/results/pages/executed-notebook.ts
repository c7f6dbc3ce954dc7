import { buffer } from 'node:stream/consumers';
import type { Closing } from '../../../ogc/requests/client-gone.js';
import type { JobRecord } from '../../model/job-record.js';
import type { JobResults } from '../job-results.js';
import type { StatusInfoDto } from '../../model/status-info.dto.js';

/** Media type of Jupyter notebooks. */
const NOTEBOOK = /^application\/x-ipynb\+json\b/i;
/** Bytes of a notebook that is shown. */
const MOST_READ = 16 * 1024 * 1024;

/** Of the status that a page is made of: the notebook that the job executed. A symbol, for a job may show anything under any name. */
export const EXECUTED_NOTEBOOK: unique symbol = Symbol('executed notebook');

/** A notebook among a job's results. */
export interface ExecutedNotebook {
  /** Of the output. */
  readonly outputId: string;
  /** HTML; undefined: it cannot be shown, or not now. */
  readonly html?: string;
}

/** What the page of a job is made of. */
export type JobPageResource = StatusInfoDto & {
  readonly [EXECUTED_NOTEBOOK]?: ExecutedNotebook;
};

/** Shows notebooks; whoever provides it decides what they look like. */
export abstract class NotebookRenderer {
  /**
   * @param key stands for the notebook: two that have the same are the same
   * @param read its JSON; undefined where it is not there (any more). Asked where the notebook is not known
   * @param gone ends what the HTML is needed for
   * @returns HTML; undefined where it cannot be shown
   */
  abstract render(key: string, read: () => Promise<Buffer | undefined>, gone: Closing): Promise<string | undefined>;
}

/** The first notebook among the results of a job; undefined where there is none: the page is there without it, too. */
export async function readExecutedNotebook(
  job: JobRecord,
  results: JobResults,
  renderer: NotebookRenderer,
  gone: Closing,
): Promise<ExecutedNotebook | undefined> {
  const [outputId, output] = [...(job.outputs ?? [])].find(([, { mediaType }]) => NOTEBOOK.test(mediaType)) ?? [];
  if (outputId === undefined || output === undefined) return undefined;
  if (output.size > MOST_READ) return { outputId };
  const read = async (): Promise<Buffer | undefined> => {
    const { body } = await results.readOutput(job, outputId, false);
    return body && buffer(body);
  };
  try {
    const html = await renderer.render(`${job.uid} ${outputId}`, read, gone);
    return { outputId, ...(html === undefined ? {} : { html }) };
  } catch {
    return undefined;
  }
}
