import { Transform } from 'class-transformer';
import { Allow, IsOptional } from 'class-validator';
import type { LogLevel, ManagerSection } from '../configuration.js';
import {
  IntegerFrom,
  MappingToIntegers,
  MappingToOneOf,
  OneOf,
  Section,
  TextLike,
  YamlBoolean,
} from '../constraints.js';
import { isMapping } from '../validation.js';
import { JobSettingsDefinition, MOST_JOBS, toJobSettings } from './job-settings.js';
import { toPodSettings } from './pod-settings.js';
import { logLevels, upperCase } from './logging.section.js';

/** The predecessors' names of what this server is in their place. */
export const managerNames = [
  'pygeoapi_k8s_manager.KubernetesManager',
  'pygeoapi_k8s_manager.manager.KubernetesManager',
  'pygeoapi_kubernetes_manager.KubernetesManager',
  'pygeoapi_kubernetes_manager.manager.KubernetesManager',
  'pygeoapi_kubernetes_papermill.KubernetesManager',
  'pygeoapi_kubernetes_papermill.kubernetes.KubernetesManager',
  'pygeoapi_kubernetes_papermill.ArgoManager',
  'pygeoapi_kubernetes_papermill.argo.ArgoManager',
] as const;

export const defaultManagerName = managerNames[1];

/** When jobs are offered to upload files. */
const fileOffers = ['when-whole', 'always'] as const;

/** As of a PriorityClass: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/#priorityclass */
const MOST_URGENT = 1_000_000_000;
/** What the subscriber to a success is sent. */
const successCallbacks = ['results', 'job'] as const;

const MEBIBYTE = 1024 ** 2;

/** `server.manager.collected_logs`. */
export class CollectedLogsDefinition {
  @IsOptional()
  @IntegerFrom(MEBIBYTE)
  per_pod?: number | null;

  @IsOptional()
  @IntegerFrom(4 * MEBIBYTE)
  in_all?: number | null;
}

/** `server.manager` of the file. */
export class ManagerDefinition extends JobSettingsDefinition {
  @OneOf(managerNames)
  name: string = defaultManagerName;

  @IsOptional()
  @YamlBoolean()
  finalizer_controller?: boolean | null;

  @IsOptional()
  @TextLike(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, 'the name of a Kubernetes namespace')
  jobs_namespace?: string | null;

  @IsOptional()
  @Transform(({ value }) =>
    isMapping(value)
      ? Object.fromEntries(Object.entries(value).map(([library, level]) => [library, upperCase(level)]))
      : value,
  )
  @MappingToOneOf(logLevels)
  logging?: Record<string, LogLevel> | null;

  /** Whether jobs are offered to upload files also where the object store is known not to keep them whole. */
  @IsOptional()
  @OneOf(fileOffers)
  files?: (typeof fileOffers)[number] | null;
  @IsOptional()
  @IntegerFrom(0, 3600)
  follow_max_silence?: number | null;

  @IsOptional()
  @OneOf(successCallbacks)
  success_callback?: (typeof successCallbacks)[number] | null;

  @IsOptional()
  @Section(() => CollectedLogsDefinition)
  collected_logs?: CollectedLogsDefinition | null;

  @IsOptional()
  @IntegerFrom(1, MOST_JOBS)
  max_running?: number | null;

  @IsOptional()
  @IntegerFrom(1, MOST_JOBS)
  max_running_per_caller?: number | null;

  @IsOptional()
  @MappingToIntegers(-MOST_URGENT, MOST_URGENT)
  queue_priorities?: Record<string, number> | null;

  @IsOptional()
  @IntegerFrom(1, MOST_JOBS)
  max_waiting?: number | null;

  /** pygeoapi's, for managers with a database; without effect here. */
  @Allow() connection?: unknown;
  @Allow() output_dir?: unknown;
}

/** @param environment stands over the file */
export function toManagerSection(
  definition: ManagerDefinition,
  environment: {
    readonly SYNC_MAX_WAIT?: number;
    readonly FOLLOW_MAX_SILENCE?: number;
    readonly PYGEOAPI_K8S_MANAGER_JOBS_NAMESPACE?: string;
    readonly PYGEOAPI_K8S_MANAGER_RESULTS_TTL?: number;
  } = {},
): ManagerSection {
  return {
    name: definition.name,
    finalizerController: definition.finalizer_controller ?? false,
    jobsNamespace: environment.PYGEOAPI_K8S_MANAGER_JOBS_NAMESPACE ?? definition.jobs_namespace ?? undefined,
    syncMaxWait: environment.SYNC_MAX_WAIT ?? definition.sync_max_wait ?? undefined,
    files: definition.files ?? undefined,
    followMaxSilence: environment.FOLLOW_MAX_SILENCE ?? definition.follow_max_silence ?? undefined,
    collectedLogs: definition.collected_logs ? toCollectedLogs(definition.collected_logs) : undefined,
    maxRunning: definition.max_running ?? undefined,
    maxRunningPerCaller: definition.max_running_per_caller ?? undefined,
    queuePriorities: definition.queue_priorities ?? undefined,
    maxWaiting: definition.max_waiting ?? undefined,
    successCallback: definition.success_callback ?? undefined,
    undeclaredInputs: definition.undeclared_inputs ?? undefined,
    jobs: {
      ...toJobSettings(definition),
      ...toJobSettings({ results_ttl: environment.PYGEOAPI_K8S_MANAGER_RESULTS_TTL }),
    },
    pods: toPodSettings(definition),
    logging: { ...definition.logging },
  };
}

function toCollectedLogs({ per_pod, in_all }: CollectedLogsDefinition): ManagerSection['collectedLogs'] {
  return { perPod: per_pod ?? undefined, inAll: in_all ?? undefined };
}
