import { Injectable, Optional } from '@nestjs/common';
import { Access, type Caller } from '../../access/access.js';
import { type ShareOffer, ShareRights } from '../../access/share-rights.js';
import type { LocalizedText } from '../../config/configuration.js';
import { isMapping } from '../../config/validation.js';
import { parseJson } from '../../json/parse-json.js';
import type { Closing } from '../../ogc/requests/client-gone.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { MASK } from '../../processes/request/marks.js';
import { maskSecrets } from '../../processes/schema/secrets.js';
import { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';
import type { JobStatus } from '../model/job-status.js';
import { JobRequests, type ShownRequest } from '../requests/job-requests.js';
import { JobResults } from '../results/job-results.js';
import {
  EXECUTED_NOTEBOOK,
  type JobPageResource,
  NotebookRenderer,
  readExecutedNotebook,
} from '../results/pages/executed-notebook.js';
import { type JobStep, jobSteps } from './job-steps.js';

/** Of the status that a page is made of: what else the page shows. A symbol, for a job may show anything under any name. */
export const JOB_VIEW: unique symbol = Symbol('job view');

/** What the page of a job shows beside its status. */
export interface JobView {
  readonly steps: readonly JobStep[];
  /** Who may not, sees no inputs either. */
  readonly mayReadLog: boolean;
  /** As they may be shown; undefined where they may not, are not kept or cannot be read now. */
  readonly inputs?: Pick<ShownRequest, 'inputs' | 'omittedInputs'>;
  /** Of a successful job, for who may read its results; `expired`: they are removed. */
  readonly outputs?: readonly ListedOutput[] | 'expired';
  /** For who may make links for others, or may with a token; undefined: nobody can, or this reader cannot. */
  readonly sharing?: ShareOffer;
}

/** A result as a list names it. */
export interface ListedOutput {
  /** Undefined: the result without a name. */
  readonly id?: string;
  readonly title?: LocalizedText;
  readonly mediaType: string;
  /** Bytes; undefined where they are not known. */
  readonly size?: number;
}

/** What the page of a job is made of. */
export type ViewedJob = JobPageResource & { readonly [JOB_VIEW]?: JobView };

type ViewKey = typeof JOB_VIEW | typeof EXECUTED_NOTEBOOK;

/** Who looks at the page of a job. */
export interface PageReader {
  readonly caller: Caller;
  readonly mayReadLog: boolean;
  /** The API's address without trailing slash, as the reader knows it. */
  readonly base: string;
  /** Ends what is read for the page. */
  readonly gone: Closing;
}

/** Gathers what pages of jobs show. */
@Injectable()
export class JobViews {
  constructor(
    private readonly cache: JobCache,
    private readonly requests: JobRequests,
    private readonly access: Access,
    private readonly processes: ProcessRegistry,
    private readonly results: JobResults,
    private readonly shares: ShareRights,
    @Optional() private readonly notebooks?: NotebookRenderer,
  ) {}

  /** Asks the cluster only for inputs that are not held in memory: such as have more than statuses show. */
  async of(job: JobRecord, status: JobStatus, reader: PageReader): Promise<Pick<ViewedJob, ViewKey>> {
    const { caller, mayReadLog, base, gone } = reader;
    const inputs = mayReadLog ? await this.inputsOf(job, caller, base) : undefined;
    const seesResults = status.status === 'successful' && (await this.access.mayReadResults(job, caller));
    const notebook =
      seesResults && this.notebooks ? await readExecutedNotebook(job, this.results, this.notebooks, gone) : undefined;
    const sharing = await this.shares.offerFor(job, caller);
    const view: JobView = {
      steps: jobSteps(job, this.cache.podsOf(job), status),
      mayReadLog,
      ...(sharing ? { sharing } : {}),
      ...(inputs ? { inputs } : {}),
      ...(seesResults ? { outputs: job.resultsExpired ? 'expired' : this.outputsOf(job) } : {}),
    };
    return { [JOB_VIEW]: view, ...(notebook ? { [EXECUTED_NOTEBOOK]: notebook } : {}) };
  }

  private async inputsOf(job: JobRecord, caller: Caller, base: string): Promise<JobView['inputs']> {
    const known = wholeParameters(job);
    if (known) return { inputs: known };
    if (!job.keepsRequest) return undefined;
    // The page is worth having without them.
    const request = await this.requests.of(job, caller, base).catch(() => undefined);
    return request?.inputs && { inputs: request.inputs, omittedInputs: request.omittedInputs };
  }

  private outputsOf({ processId, outputs, request, storedResult, inlineResult }: JobRecord): readonly ListedOutput[] {
    if (!outputs) return [storedResult ?? inlineResult ?? []].flat().map(unnamed);
    const described = this.processes.find(processId)?.description.outputs ?? {};
    return [...outputs]
      .filter(([id]) => request?.outputs?.includes(id) ?? true)
      .map(([id, { mediaType, size }]) => {
        const title = Object.hasOwn(described, id) ? described[id]?.title : undefined;
        return { id, ...(title === undefined ? {} : { title }), mediaType, size };
      });
  }
}

function unnamed({ mediaType, size }: { mediaType: string; size?: number }): ListedOutput {
  return { mediaType, ...(size === undefined ? {} : { size }) };
}

/** The inputs as statuses have them, where nothing of them is left out. */
function wholeParameters({ parameters }: JobRecord): Readonly<Record<string, unknown>> | undefined {
  if (parameters === undefined || parameters.includes('"omitted"')) return undefined;
  try {
    const inputs = parseJson(parameters, { duplicateKeys: 'last' });
    return isMapping(inputs) ? maskSecrets(inputs, MASK) : undefined;
  } catch {
    return undefined;
  }
}
