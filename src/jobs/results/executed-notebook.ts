import type { JobRecord } from '../model/job-record.js';
import type { JobResults } from './job-results.js';
import type { StatusInfoDto } from '../model/status-info.dto.js';

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
  /** JSON; undefined: it is too large to be shown. */
  readonly text?: string;
}

/** What the page of a job is made of. */
export type JobPageResource = StatusInfoDto & { readonly [EXECUTED_NOTEBOOK]?: ExecutedNotebook };

/** The first notebook among the results of a job; undefined where there is none, or it cannot be read (any more): the page is there without it, too. */
export async function readExecutedNotebook(job: JobRecord, results: JobResults): Promise<ExecutedNotebook | undefined> {
  const [outputId, output] = [...(job.outputs ?? [])].find(([, { mediaType }]) => NOTEBOOK.test(mediaType)) ?? [];
  if (outputId === undefined || output === undefined) return undefined;
  if (output.size > MOST_READ) return { outputId };
  try {
    const { body } = await results.readOutput(job, outputId, false);
    if (!body) return undefined;
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk as Buffer);
    return { outputId, text: Buffer.concat(chunks).toString('utf8') };
  } catch {
    return undefined;
  }
}
