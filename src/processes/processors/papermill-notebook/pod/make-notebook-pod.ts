import { posix } from 'node:path';
import type { V1EnvVar, V1PodSpec } from '@kubernetes/client-node';
import { escapeReferences } from '../../escape-references.js';
import { bucketMount, DEFAULT_MOUNT_TIMEOUT_SECONDS, makeBucketSidecar } from './make-bucket-sidecar.js';
import { makeGitCheckout } from './make-git-checkout.js';
import { absolute, makePapermillCommand } from './make-papermill-command.js';
import { makeAffinity, makeTolerations } from './make-placement.js';
import { makeResources } from '../definition/make-resources.js';
import { makeCondaStore, makeExtraClaims, makeExtraVolumes, makeHomeVolume, makeSecrets } from './make-volumes.js';
import type { BucketDefinition } from '../definition/container.definition.js';
import type { SoughtNotebooks } from '../catalogue/notebook-catalogue.js';
import type { NotebookDefinition } from '../definition/notebook.definition.js';
import type { NotebookRequest } from '../inputs/notebook-inputs.js';
import { HOME, RESULT_DATA } from '../definition/places.js';
import { combine, withoutEmpty, type PodParts } from './pod-parts.js';
import { INSPECTOR, PAPERMILL, RUNNER } from './programs.js';

export const NOTEBOOK_CONTAINER = 'notebook';

/**
 * The shell is interactive, as the predecessor's was: images activate their environments for those only. The program is fixed; all that a client has a
 * say in are arguments.
 */
const SHELL = ['bash', '-i', '-c', 'exec python3 -c "$NOTEBOOK_RUNNER" "$@"', 'run-notebook'];

export interface NotebookPodOptions {
  readonly definition: NotebookDefinition;
  readonly request: NotebookRequest;
  /** Of the Kubernetes Job. */
  readonly jobName: string;
  /** Where the executed notebook is written. */
  readonly output: string;
  /** Ids of the outputs that the process declares; empty: every scrap is one. */
  readonly outputs: readonly string[];
  /** Whether another pod may follow one that has failed. */
  readonly repeats: boolean;
}

/**
 * The pod that finds out which notebooks there are, and what their parameters are. It has what leads to the notebooks, but neither the secrets that they get nor the service account, and reserves what a request
 * without resources would.
 */
export function makeInspectionPod(definition: NotebookDefinition, sought: readonly SoughtNotebooks[]): V1PodSpec {
  const { s3, default_image: image } = definition;
  const withoutSecrets = { ...definition, secrets: [], conda_store_groups: [] };
  const { volumes, volumeMounts, initContainers } = combine(parts({ definition: withoutSecrets, request: {} }));
  const settings = { home: HOME, inspect: sought, ...(s3 ? { mount: mountOf(s3) } : {}) };
  const variables = {
    HOME,
    NOTEBOOK_RUNNER: RUNNER,
    NOTEBOOK_INSPECTOR: INSPECTOR,
    NOTEBOOK_SETTINGS: JSON.stringify(settings),
  };
  const resources = makeResources({}, definition.extra_resource_limits, definition.extra_resource_requests);
  return {
    ...podOf(definition, {}),
    ...withoutEmpty({ volumes, initContainers }),
    containers: [
      {
        name: NOTEBOOK_CONTAINER,
        image,
        command: SHELL.map(escapeReferences),
        workingDir: HOME,
        env: toEnvironment(variables),
        ...(resources ? { resources } : {}),
        ...withoutEmpty({ volumeMounts }),
      },
    ],
  };
}

/** The pod that runs one notebook. */
export function makeNotebookPod(options: NotebookPodOptions): V1PodSpec {
  const { definition, request, output } = options;
  const image = request.image ?? definition.default_image;
  const { volumes, volumeMounts, envFrom, initContainers } = combine(parts(options));
  const resources = makeResources(request, definition.extra_resource_limits, definition.extra_resource_requests);
  const args = makePapermillCommand({
    notebook: request.notebook,
    output,
    logOutput: definition.log_output ?? false,
    kernel: request.kernel,
    parameters: request.parameters,
  });
  return {
    ...podOf(definition, request),
    ...(definition.job_service_account ? { serviceAccountName: definition.job_service_account } : {}),
    ...withoutEmpty({ volumes, initContainers }),
    containers: [
      {
        name: NOTEBOOK_CONTAINER,
        image,
        command: SHELL.map(escapeReferences),
        args: args.map(escapeReferences),
        workingDir: HOME,
        env: makeEnvironment(options, image),
        ...(resources ? { resources } : {}),
        ...withoutEmpty({ envFrom, volumeMounts }),
      },
    ],
  };
}

/** What the pod has whatever runs in it. */
function podOf(definition: NotebookDefinition, request: Partial<NotebookRequest>): Omit<V1PodSpec, 'containers'> {
  const affinity = makeAffinity({
    labelKey: definition.node_purpose_label_key,
    purpose: request.node_purpose ?? definition.default_node_purpose,
    onFargate: request.run_on_fargate === true,
  });
  return {
    restartPolicy: 'Never',
    enableServiceLinks: false,
    ...(definition.image_pull_secret ? { imagePullSecrets: [{ name: definition.image_pull_secret }] } : {}),
    ...securityContext(definition),
    ...(affinity ? { affinity } : {}),
    tolerations: makeTolerations(),
  };
}

function parts({
  definition,
  request,
}: Pick<NotebookPodOptions, 'definition'> & { request: Partial<NotebookRequest> }): PodParts[] {
  return [
    definition.home_volume_claim_name ? makeHomeVolume(definition.home_volume_claim_name) : {},
    makeExtraClaims(definition.extra_pvcs ?? []),
    makeExtraVolumes(definition.extra_volumes, definition.extra_volume_mounts),
    makeSecrets(definition.secrets ?? []),
    makeCondaStore(definition.conda_store_groups ?? []),
    definition.checkout_git_repo ? makeGitCheckout(definition.checkout_git_repo, request.git_revision) : {},
    definition.s3 ? makeBucketSidecar(definition.s3) : {},
  ];
}

function makeEnvironment(options: NotebookPodOptions, image: string): V1EnvVar[] {
  const { definition, jobName, output } = options;
  const variables = {
    JUPYTER_IMAGE: image,
    JOB_NAME: jobName,
    PROGRESS_ANNOTATION: 'pygeoapi.io/progress',
    HOME,
    ...(definition.results_in_output_dir ? { RESULTS_DIRECTORY: posix.dirname(output) } : {}),
    NOTEBOOK_RUNNER: RUNNER,
    NOTEBOOK_PAPERMILL: PAPERMILL,
    NOTEBOOK_SETTINGS: JSON.stringify(runnerSettings(options)),
  };
  return toEnvironment(variables);
}

function toEnvironment(variables: Readonly<Record<string, string>>): V1EnvVar[] {
  return Object.entries(variables).map(([name, value]) => ({ name, value: escapeReferences(value) }));
}

function mountOf(s3: BucketDefinition): object {
  return {
    path: bucketMount(s3),
    bucket: s3.bucket_name,
    seconds: s3.mount_timeout_seconds ?? DEFAULT_MOUNT_TIMEOUT_SECONDS,
  };
}

/** What the runner is told beside papermill's arguments. */
function runnerSettings(options: NotebookPodOptions): object {
  const { definition, request, jobName, output, outputs, repeats } = options;
  const { s3, conda_store_groups: groups } = definition;
  const folder = request.result_data_directory;
  return {
    home: HOME,
    notebook: absolute(request.notebook),
    output,
    ...(s3 ? { mount: mountOf(s3) } : {}),
    // Else the file's name, or that of its folder, has the job's id.
    ...(request.output_filename && !definition.results_in_output_dir ? { claim: { job: jobName, repeats } } : {}),
    ...(folder
      ? { resultData: { folder: posix.join(HOME, folder.replaceAll('{job_name}', jobName)), link: RESULT_DATA } }
      : {}),
    ...(groups?.length ? { condaStoreGroups: groups } : {}),
    ...(outputs.length > 0 ? { outputs } : {}),
    notebookOutput: definition.notebook_output ?? true,
  };
}

/** The policy's baseline stays where only user and group are set. */
function securityContext({
  run_as_user: runAsUser,
  run_as_group: runAsGroup,
}: NotebookDefinition): Pick<V1PodSpec, 'securityContext'> {
  const user = {
    ...(typeof runAsUser === 'number' ? { runAsUser } : {}),
    ...(typeof runAsGroup === 'number' ? { runAsGroup } : {}),
  };
  return Object.keys(user).length > 0
    ? { securityContext: { seccompProfile: { type: 'RuntimeDefault' }, ...user } }
    : {};
}
