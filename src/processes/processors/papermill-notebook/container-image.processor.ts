import { Injectable, Logger } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { Allow, IsNotEmpty, IsObject, IsOptional, IsString, Validate } from 'class-validator';
import type { V1EnvVar, V1PodSpec } from '@kubernetes/client-node';
import { posix } from 'node:path';
import { LocalizedTextValue, TextLike, TextMapping } from '../../../config/constraints.js';
import { Configuration, type LocalizedText } from '../../../config/configuration.js';
import { isMapping } from '../../../config/validation.js';
import { pointerTo } from '../../../json/json-pointer.js';
import { parseJson } from '../../../json/parse-json.js';
import type { RequestFault } from '../../../ogc/domain-errors.js';
import { describeFromMetadata } from '../../description/process-metadata.js';
import type { InputDescription, ProcessDescription } from '../../description/process-description.js';
import {
  Processor,
  type ConfiguredProcess,
  type Execution,
  type JobNotes,
  type ProcessorInterface,
} from '../../processor.js';
import { escapeReferences } from '../escape-references.js';
import { RESERVED_ENVIRONMENT } from '../pod-definition.js';
import { ContainerDefinition, OptionalText } from './definition/container.definition.js';
import { VariableNames } from './definition/definition-constraints.js';
import { bucketMount, DEFAULT_MOUNT_TIMEOUT_SECONDS, makeBucketSidecar } from './pod/make-bucket-sidecar.js';
import { makeAffinity } from './pod/make-placement.js';
import { makeResources } from './definition/make-resources.js';
import { makeExtraVolumes, makeSecrets } from './pod/make-volumes.js';
import { combine, withoutEmpty } from './pod/pod-parts.js';
import {
  containerFaults,
  containerInputs,
  optional,
  plainInputs,
  type ContainerInputs,
} from './inputs/request-inputs.js';

/** The `processor` section of a process that runs a container image as pygeoapi-kubernetes-papermill did. */
export class ContainerImageDefinition extends ContainerDefinition {
  /** For `bash -c`. */
  @IsString()
  @IsNotEmpty()
  command!: string;

  /** Environment variables; they stand over those of the input of this name. */
  @IsOptional()
  @TextMapping()
  @Validate(VariableNames)
  parameters_env?: Record<string, string>;

  /** Of the resource whatever stands here. */
  @Allow()
  id?: unknown;

  /** Description of the process, as the predecessor's chart writes it; keys of `metadata` stand over these. */
  @OptionalText()
  @LocalizedTextValue()
  title?: LocalizedText;

  @Transform(({ value }): unknown => (typeof value === 'number' ? String(value) : value))
  @OptionalText()
  @TextLike(/\S/, 'a version')
  version?: string;

  @Transform(({ value }): unknown => (Array.isArray(value) && value.length === 0 ? undefined : value))
  @IsOptional()
  @IsObject()
  inputs?: Record<string, InputDescription>;
}

interface ContainerImageRequest extends ContainerInputs {
  readonly parameters_env?: Readonly<Record<string, string | number | boolean>>;
}

type ContainerImageProcess = ConfiguredProcess<ContainerImageDefinition>;

/** What bash, which stands before every command here, takes for programs: of these whoever may give a variable could run anything. */
const OF_SHELLS = ['BASH_ENV', 'BASHOPTS', 'POSIXLY_CORRECT', 'PS4', 'SHELLOPTS'];
const NOT_FOR_CLIENTS = [...RESERVED_ENVIRONMENT, ...OF_SHELLS];
const VARIABLE = '^[A-Za-z_][A-Za-z0-9_]*$';

const { result_data_directory: _folder, ...otherInputs } = containerInputs;
/** What a client may say of a job of that processor. */
export const containerImageInputs: Readonly<Record<string, InputDescription>> = {
  parameters_env: optional('Parameters', 'Environment variables of the job, by name.', {
    type: 'object',
    propertyNames: { pattern: VARIABLE, not: { enum: NOT_FOR_CLIENTS } },
    additionalProperties: { type: ['string', 'number', 'boolean'] },
  }),
  ...otherInputs,
  result_data_directory: optional(
    'Folder for result data',
    'Folder beneath /full-results-pvc to which /output-byoa leads; {job_name} stands for the name of the job. Made where it does not exist.',
    { type: 'string', pattern: '^[^\\u0000]*$', maxLength: 1024 },
  ),
};

/** A fixed program before the operator's; what a client has a say in are its arguments. */
const SET_UP = `if [ -n "$1" ]; then
  until grep -F -- " $1 " /proc/self/mountinfo | grep -q -- ' - fuse'; do
    if [ "$SECONDS" -ge "$2" ]; then
      echo "The bucket was not mounted at $1 within $2 seconds; the log of container s3mounter says why." >&2
      exit 1
    fi
    sleep 0.2
  done
fi
if [ -n "$3" ]; then mkdir -p -- "$3" && ln -sfn -- "$3" /output-byoa || exit; fi
set --
`;

/**
 * Interactive, as the predecessor's: images activate their environments for those only. It says on stderr that it has no terminal; of two
 * streams the lines come in any order, and could fall into the result.
 */
const SHELL = ['bash', '-c', 'exec bash -i -c "$0" run-image "$@" 2>&1'];

/** Runs any container image, with the keys of pygeoapi-kubernetes-papermill. Results are what the log carries after the result markers. */
@Injectable()
@Processor(
  'pygeoapi_kubernetes_papermill.ContainerImageKubernetesProcessor',
  'pygeoapi_kubernetes_papermill.image.ContainerImageKubernetesProcessor',
)
export class PapermillContainerImageProcessor implements ProcessorInterface<ContainerImageDefinition> {
  readonly definitionClass = ContainerImageDefinition;
  readonly mainContainerName = 'notebook';
  private readonly logger = new Logger(PapermillContainerImageProcessor.name);

  constructor(private readonly configuration: Configuration) {}

  describe(process: ContainerImageProcess): ProcessDescription {
    if (process.definition.check_auth === undefined)
      this.logger.warn(
        `Process ${process.id} asks for no token, as with the predecessor. Set check_auth to true or false.`,
      );
    return describeFromMetadata(process, {
      title: 'Execute a container image',
      jobControlOptions: ['async-execute', 'dismiss'],
      inputs: containerImageInputs,
      ...ownDescription(process.definition),
    });
  }

  /** Where the configuration describes inputs of its own, those of the pod are taken all the same. */
  undescribedInputs(): Readonly<Record<string, InputDescription>> {
    return containerImageInputs;
  }

  waitsWhereAsked({ definition }: ContainerImageProcess): boolean {
    return definition.metadata?.['jobControlOptions'] === undefined;
  }

  requiresToken({ definition }: ContainerImageProcess): boolean {
    return definition.check_auth ?? false;
  }

  validate({ definition }: ContainerImageProcess, execution: Execution): RequestFault[] {
    return [
      ...containerFaults(definition, requestOf(execution)),
      ...variableFaults(execution.inputs['parameters_env']),
    ];
  }

  makePodSpec({ definition }: ContainerImageProcess, execution: Execution): V1PodSpec {
    const jobName = this.configuration.environment.jobNamePrefix + execution.jobId;
    return makeContainerImagePod(definition, requestOf(execution), jobName);
  }

  notes(_: ContainerImageProcess, execution: Execution): JobNotes {
    return requestOf(execution).run_on_fargate === true ? { labels: { runtime: 'fargate' } } : {};
  }
}

function ownDescription({ title, version, inputs }: ContainerImageDefinition): Partial<ProcessDescription> {
  return {
    ...(title === undefined ? {} : { title }),
    ...(version === undefined ? {} : { version }),
    ...(isMapping(inputs) && Object.keys(inputs).length > 0 ? { inputs } : {}),
  };
}

/** Also where the configuration describes the input in its own way. */
function variableFaults(given: unknown): RequestFault[] {
  if (!isMapping(given)) return [];
  const faultOf = (name: string, value: unknown): string | undefined => {
    if (!new RegExp(VARIABLE).test(name) || NOT_FOR_CLIENTS.includes(name))
      return 'must be the name of an environment variable that clients may set';
    return ['string', 'number', 'boolean'].includes(typeof value) ? undefined : 'must be a text, a number or a boolean';
  };
  return Object.entries(given).flatMap(([name, value]) => {
    const message = faultOf(name, value);
    return message === undefined ? [] : [{ pointer: pointerTo('/inputs/parameters_env', name), message }];
  });
}

/** The pod of one execution. */
export function makeContainerImagePod(
  definition: ContainerImageDefinition,
  request: ContainerImageRequest,
  jobName: string,
): V1PodSpec {
  const { s3 } = definition;
  const { volumes, volumeMounts, envFrom, initContainers } = combine([
    makeExtraVolumes(definition.extra_volumes, definition.extra_volume_mounts),
    makeSecrets(definition.secrets ?? []),
    s3 ? makeBucketSidecar(s3) : {},
  ]);
  const affinity = makeAffinity({
    labelKey: definition.node_purpose_label_key,
    purpose: request.node_purpose ?? definition.default_node_purpose,
    onFargate: request.run_on_fargate === true,
  });
  const resources = makeResources(request);
  const folder = request.result_data_directory;
  const args = [
    s3 ? bucketMount(s3) : '',
    String(s3?.mount_timeout_seconds ?? DEFAULT_MOUNT_TIMEOUT_SECONDS),
    folder === undefined ? '' : posix.join('/full-results-pvc', folder.replaceAll('{job_name}', jobName)),
  ];
  const env = environment({ ...request.parameters_env, ...definition.parameters_env });
  return {
    restartPolicy: 'Never',
    enableServiceLinks: false,
    ...(definition.image_pull_secret ? { imagePullSecrets: [{ name: definition.image_pull_secret }] } : {}),
    ...(affinity ? { affinity } : {}),
    ...withoutEmpty({ volumes, initContainers }),
    containers: [
      {
        name: 'notebook',
        image: definition.default_image,
        command: [...SHELL, SET_UP + definition.command].map(escapeReferences),
        args: args.map(escapeReferences),
        ...(resources ? { resources } : {}),
        ...withoutEmpty({ env, envFrom, volumeMounts }),
      },
    ],
  };
}

function requestOf({ inputs, inputsJson }: Execution): ContainerImageRequest {
  const { parameters_env: plain, ...request } = plainInputs(inputs, ['parameters_env']);
  if (plain === undefined) return request as ContainerImageRequest;
  // Texts of environment variables: numbers stand there as they were written.
  const { parameters_env: parameters } = parseJson(inputsJson) as Record<string, unknown>;
  return { ...request, parameters_env: parameters } as ContainerImageRequest;
}

function environment(variables: Readonly<Record<string, string | number | boolean>>): V1EnvVar[] {
  return Object.entries(variables).map(([name, value]) => ({ name, value: escapeReferences(String(value)) }));
}
