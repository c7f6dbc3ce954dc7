import { Injectable, Logger } from '@nestjs/common';
import type { V1PodSpec } from '@kubernetes/client-node';
import { Configuration } from '../../../config/configuration.js';
import type { RequestFault } from '../../../ogc/domain-errors.js';
import type { ProcessDescription } from '../../process-description.js';
import {
  Processor,
  type ConfiguredProcess,
  type DismissedJob,
  type Execution,
  type JobNotes,
  type ProcessorInterface,
} from '../../processor.js';
import { makeNotebookPod, NOTEBOOK_CONTAINER } from './make-notebook-pod.js';
import { absolute } from './make-papermill-command.js';
import { jupyterLink } from './jupyter-link.js';
import { describeNotebook } from './notebook.description.js';
import { NotebookDefinition } from './notebook.definition.js';
import { notebookFaults, readNotebookRequest, type NotebookRequest } from './notebook-inputs.js';
import { outputPath, timeOfJob } from './output-path.js';
import { removeResultFiles } from './remove-result-files.js';

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

  constructor(private readonly configuration: Configuration) {}

  describe(process: NotebookProcess): ProcessDescription {
    const { id, definition } = process;
    if (definition.check_auth === undefined)
      this.logger.warn(
        `Process ${id} asks for no token, as with the predecessor: everybody who reaches this server runs code with it. Set check_auth to true or false.`,
      );
    if (definition.auto_mount_secrets)
      this.logger.warn(
        `Process ${id}: auto_mount_secrets has no effect, for this server reads no secrets. Name them under secrets, with access: env.`,
      );
    return describeNotebook(process);
  }

  requiresToken({ definition }: NotebookProcess): boolean {
    return definition.check_auth ?? false;
  }

  validate({ definition }: NotebookProcess, { inputs }: Execution): RequestFault[] {
    return notebookFaults(definition, inputs);
  }

  makePodSpec(process: NotebookProcess, { jobId, inputs }: Execution): V1PodSpec {
    const { definition } = process;
    const request = readNotebookRequest(definition, inputs);
    return makeNotebookPod({
      definition,
      request,
      jobName: this.configuration.environment.jobNamePrefix + jobId,
      output: outputOf(definition, request, jobId),
      outputs: Object.keys(describeNotebook(process).outputs),
    });
  }

  /** What the predecessor noted on each Job; it shows in the status. */
  notes({ definition }: NotebookProcess, { jobId, inputs }: Execution): JobNotes {
    const request = readNotebookRequest(definition, inputs);
    const output = outputOf(definition, request, jobId);
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

  /** Where the volume of `output_directory` is mounted into the server, too. */
  async onDismiss({ definition }: NotebookProcess, { jobId }: DismissedJob): Promise<void> {
    await removeResultFiles(definition.output_directory, jobId, timeOfJob(jobId));
  }
}

function outputOf(definition: NotebookDefinition, request: NotebookRequest, jobId: string): string {
  return outputPath({
    outputDirectory: definition.output_directory,
    ownFolder: definition.results_in_output_dir ?? false,
    jobId,
    notebook: request.notebook,
    dirname: request.output_dirname,
    filename: request.output_filename,
    now: timeOfJob(jobId),
  });
}
