import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { V1PodSpec } from '@kubernetes/client-node';
import { ConfigurationError, type ConfigurationFault } from '../config/configuration-error.js';
import { Configuration, type ProcessResource } from '../config/configuration.js';
import {
  definitionFaults,
  hardenPodSpec,
  InvalidSecurityContextError,
  parseSecurityContext,
  resolveSecurityContexts,
  type SecurityContextSettings,
} from './security-contexts.js';

export const POD_VARIABLE = 'PYGEOAPI_K8S_MANAGER_JOB_POD_SECURITY_CONTEXT';
export const CONTAINER_VARIABLE = 'PYGEOAPI_K8S_MANAGER_JOB_CONTAINER_SECURITY_CONTEXT';

/** The security context of every pod that this server makes, whatever made the pod. Definition > environment > baseline. */
@Injectable()
export class SecurityContextPolicy implements OnModuleInit {
  constructor(private readonly configuration: Configuration) {}

  /** @throws ConfigurationError with every wrong security context of the processes' definitions */
  onModuleInit(): void {
    const faults = this.configuration.processes.flatMap(processFaults);
    if (faults.length > 0) throw new ConfigurationError(this.configuration.file, faults);
  }

  /**
   * @param definition what the process (or another owner of the pod) sets; empty: nothing
   * @throws InvalidSecurityContextError while an environment variable is wrong, even where the definition sets both levels
   */
  harden(podSpec: V1PodSpec, definition: SecurityContextSettings = {}): V1PodSpec {
    return hardenPodSpec(podSpec, resolveSecurityContexts(definition, this.environment()));
  }

  /** What is wrong with the environment's security contexts, so that no pod can be started; undefined: nothing. */
  check(): string | undefined {
    const { jobPodSecurityContext: pod, jobContainerSecurityContext: container } = this.configuration.environment;
    const faults = [
      faultOf(() => parseSecurityContext('pod', POD_VARIABLE, pod)),
      faultOf(() => parseSecurityContext('container', CONTAINER_VARIABLE, container)),
    ].filter((fault) => fault !== undefined);
    return faults.length > 0 ? faults.join('; ') : undefined;
  }

  private environment(): SecurityContextSettings {
    const { jobPodSecurityContext, jobContainerSecurityContext } = this.configuration.environment;
    return {
      pod: parseSecurityContext('pod', POD_VARIABLE, jobPodSecurityContext),
      container: parseSecurityContext('container', CONTAINER_VARIABLE, jobContainerSecurityContext),
    };
  }
}

function processFaults({ path, processor }: ProcessResource): ConfigurationFault[] {
  return (['pod', 'container'] as const).flatMap((level) => {
    const key = `${level}_security_context`;
    return definitionFaults(level, processor[key]).map((fault) => ({
      path: [path, key, ...(fault.path ? [fault.path] : [])].join('.'),
      message: fault.message,
    }));
  });
}

function faultOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof InvalidSecurityContextError) return error.message;
    throw error;
  }
}
