import { Injectable, Logger } from '@nestjs/common';
import type { V1PodSpec } from '@kubernetes/client-node';
import { Configuration } from '../../../config/configuration.js';
import { toJobSettings } from '../../../config/sections/job-settings.js';
import { type RequestFault, UnavailableError } from '../../../ogc/domain-errors.js';
import type { ProcessDescription } from '../../description/process-description.js';
import {
  Processor,
  type ClusterView,
  type ConfiguredProcess,
  type DismissedJob,
  type Execution,
  type ExpandedProcess,
  type Finding,
  type Inspection,
  type JobNotes,
  type ProcessorInterface,
} from '../../processor.js';
import { withAutoSecrets } from './definition/auto-secrets.js';
import { expandNotebooks, soughtNotebooks } from './catalogue/notebook-catalogue.js';
import { makeInspectionPod, makeNotebookPod, NOTEBOOK_CONTAINER } from './pod/make-notebook-pod.js';
import { absolute } from './pod/make-papermill-command.js';
import { jupyterLink } from './results/jupyter-link.js';
import { describeNotebook } from './notebook.description.js';
import { NotebookDefinition } from './definition/notebook.definition.js';
import { notebookFaults, readNotebookRequest, type NotebookRequest } from './inputs/notebook-inputs.js';
import { outputPath, timeOfJob } from './inputs/output-path.js';
import { removeResultFiles } from './results/remove-result-files.js';

/** As `run_notebook.py` says it. */
const EXISTING_OUTPUT = /^There is a file .* already\. Nothing was run, so that it is not overwritten\.$/m;

/** As `run_notebook.py` says where a notebook failed, and how: the kind of an error may have the dotted name of its module before it. */
const WHAT = /(Cell \d{1,6} of \d{1,6}|The cell of the given parameters|Papermill)/.source;
const WHEN = /( before the first cell| in the last cell or after it)?/.source;
const HOW = /(?:: (its kernel died|exit code \d{1,3}|[A-Za-z_]\w{0,99}(?:\.\w{1,99}){0,9})(?=:| \(|$))?/.source;
const FAILED = new RegExp(`^${WHAT} failed${WHEN}${HOW}`, 'gm');

type NotebookProcess = ConfiguredProcess<NotebookDefinition>;

/**
 * Runs Jupyter notebooks with papermill, as pygeoapi-kubernetes-papermill did. Scraps and the executed notebook are the results. Executing asks for no token unless
 * `check_auth` is true.
 */
@Injectable()
@Processor(
  'pygeoapi_kubernetes_papermill.PapermillNotebookKubernetesProcessor',
  'pygeoapi_kubernetes_papermill.notebook.PapermillNotebookKubernetesProcessor',
)
export class PapermillNotebookProcessor implements ProcessorInterface<NotebookDefinition> {
  readonly definitionClass = NotebookDefinition;
  readonly mainContainerName = NOTEBOOK_CONTAINER;
  private readonly logger = new Logger(PapermillNotebookProcessor.name);
  private readonly warned = new Set<string>();

  constructor(private readonly configuration: Configuration) {}

  describe(process: NotebookProcess): ProcessDescription {
    return describeNotebook(process);
  }

  /** Notebooks whose parameters the configuration does not say. */
  inspect({ definition }: NotebookProcess): Inspection | undefined {
    const sought = soughtNotebooks(definition);
    if (sought.length === 0) return undefined;
    const { inspection_refresh_seconds: refreshSeconds, inspection_deadline_seconds: deadlineSeconds } = definition;
    return {
      podSpec: makeInspectionPod(definition, sought),
      ...(refreshSeconds === undefined ? {} : { refreshSeconds }),
      ...(deadlineSeconds === undefined ? {} : { deadlineSeconds }),
    };
  }

  /** The notebooks of a catalogue are processes of their own. */
  expand(process: NotebookProcess, finding: Finding): readonly ExpandedProcess<NotebookDefinition>[] {
    this.warnOnce(process);
    return expandNotebooks(process, finding);
  }

  requiresToken({ definition }: NotebookProcess): boolean {
    return definition.check_auth ?? false;
  }

  validate({ id, definition }: NotebookProcess, execution: Execution): RequestFault[] {
    if (definition.notebook === undefined && definition.notebooks !== undefined)
      throw new UnavailableError(
        `The notebooks of "${id}" are not known; the description of the process says why.`,
        30,
      );
    return notebookFaults(definition, execution);
  }

  listsSecrets({ definition }: NotebookProcess): boolean {
    return definition.auto_mount_secrets ?? false;
  }

  /** Papermill is given what the description names. */
  undescribedInputs(): Record<string, never> {
    return {};
  }

  waitsWhereAsked({ definition }: NotebookProcess): boolean {
    return definition.metadata?.['jobControlOptions'] === undefined;
  }

  /** Where its service account may not write it to the Job. */
  logsProgress(): boolean {
    return true;
  }

  /** Papermill takes parameters as one argument, which Linux limits, too. */
  readsLargeInputs(): boolean {
    return false;
  }

  async makePodSpec(process: NotebookProcess, execution: Execution, cluster: ClusterView): Promise<V1PodSpec> {
    const definition = process.definition.auto_mount_secrets
      ? withAutoSecrets(process.definition, await cluster.secrets())
      : process.definition;
    const request = readNotebookRequest(definition, execution);
    return makeNotebookPod({
      definition,
      request,
      jobName: this.configuration.environment.jobNamePrefix + execution.jobId,
      output: outputOf(definition, request, execution),
      outputs: Object.keys(describeNotebook(process).outputs),
      repeats: this.repeats(definition),
    });
  }

  /** What the predecessor noted on each Job; it shows in the status. */
  notes({ definition }: NotebookProcess, execution: Execution): JobNotes {
    const request = readNotebookRequest(definition, execution);
    const output = outputOf(definition, request, execution);
    const link = jupyterLink(definition.jupyter_base_url, output);
    return {
      messages: {
        'executed-notebook': absolute(request.notebook),
        'result-notebook': output,
        ...(link === undefined ? {} : { 'result-link': link }),
      },
      ...(request.run_on_fargate === true ? { labels: { runtime: 'fargate' } } : {}),
    };
  }

  /** The cell and the kind of its error; the error's text may hold anything. */
  explainFailure(_: NotebookProcess, lines: string): string | undefined {
    if (EXISTING_OUTPUT.test(lines))
      return 'There is a notebook of the name that was asked for (output_filename) already; nothing was run.';
    const [, what, when = '', how] = [...lines.matchAll(FAILED)].at(-1) ?? [];
    if (what === undefined) return undefined;
    return `${what}${what.startsWith('Cell') ? ' of the notebook' : ''} failed${when}${how === undefined ? '' : `: ${how}`}.`;
  }

  /** Where the volume of `output_directory` is mounted into the server, too. */
  async onDismiss({ definition }: NotebookProcess, { jobId }: DismissedJob): Promise<void> {
    await removeResultFiles(definition.output_directory, jobId);
  }

  private repeats(definition: NotebookDefinition): boolean {
    const { backoffLimit = 0, queueName } = { ...this.configuration.server.manager.jobs, ...toJobSettings(definition) };
    return backoffLimit > 0 || Boolean(queueName);
  }

  private warnOnce({ id, definition }: NotebookProcess): void {
    if (this.warned.has(id)) return;
    this.warned.add(id);
    if (definition.check_auth === undefined)
      this.logger.warn(
        `Process ${id} asks for no token, as with the predecessor: everybody who reaches this server runs code with it. Set check_auth to true or false.`,
      );
  }
}

function outputOf(definition: NotebookDefinition, request: NotebookRequest, { jobId, time }: Execution): string {
  return outputPath({
    outputDirectory: definition.output_directory,
    ownFolder: definition.results_in_output_dir ?? false,
    jobId,
    notebook: request.notebook,
    dirname: request.output_dirname,
    filename: request.output_filename,
    now: timeOfJob(jobId) ?? time,
  });
}
