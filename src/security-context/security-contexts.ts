import type { V1Container, V1PodSecurityContext, V1PodSpec, V1SecurityContext } from '@kubernetes/client-node';
import { securityContextFaults, type SecurityContextLevel } from './security-context-schema.js';

/** What is put on a pod and on each of its containers; null: nothing. */
export interface SecurityContexts {
  readonly pod: Readonly<V1PodSecurityContext> | null;
  readonly container: Readonly<V1SecurityContext> | null;
}

/**
 * What one source says about the two levels: undefined: nothing (the next source decides); null or false (YAML 1.1 reads `off` so): the level
 * is off; an object: it replaces the level whole. Values are not trusted to be right.
 */
export interface SecurityContextSettings {
  readonly pod?: unknown;
  readonly container?: unknown;
}

/** What stands on every pod where nothing else is said: hardens most workloads without breaking arbitrary images. */
export const baseline: { readonly pod: V1PodSecurityContext; readonly container: V1SecurityContext } = {
  pod: { seccompProfile: { type: 'RuntimeDefault' } },
  container: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
};

/** A security context that is set is wrong: nothing can be run with it, and no weaker one takes its place. */
export class InvalidSecurityContextError extends Error {
  /** @param source the environment variable, or the path of the definition's key */
  constructor(
    readonly source: string,
    readonly reason: string,
  ) {
    super(`${source}: ${reason}`);
    this.name = 'InvalidSecurityContextError';
  }
}

const OFF = /^(off|none)$/i;

/**
 * Reads the value of an environment variable: JSON with the field names of the Kubernetes API, or `off` or `none`.
 * @returns undefined where the variable is unset or empty, null where it switches the level off
 * @throws InvalidSecurityContextError
 */
export function parseSecurityContext(
  level: SecurityContextLevel,
  variable: string,
  text: string | undefined,
): object | null | undefined {
  const trimmed = text?.trim();
  if (!trimmed) return undefined;
  if (OFF.test(trimmed)) return null;
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch {
    throw new InvalidSecurityContextError(variable, 'must be a JSON object, or "off" or "none" (it is not valid JSON)');
  }
  return checked(level, variable, value);
}

/** The faults of a definition's own setting, empty where it is right or not set. */
export function definitionFaults(
  level: SecurityContextLevel,
  value: unknown,
): { readonly path: string; readonly message: string }[] {
  return isOff(value) || value === undefined ? [] : securityContextFaults(level, value);
}

/** Decides both levels, each on its own: definition, else environment, else the baseline. Never merged. */
export function resolveSecurityContexts(
  definition: SecurityContextSettings,
  environment: SecurityContextSettings,
): SecurityContexts {
  return {
    pod: resolve('pod', 'pod_security_context', definition.pod, environment.pod, baseline.pod),
    container: resolve(
      'container',
      'container_security_context',
      definition.container,
      environment.container,
      baseline.container,
    ),
  };
}

/**
 * The pod specification with the contexts put on the pod and on every container, init containers and sidecars included. What already has a
 * context of its own (from the operator's configuration) keeps it. The argument is left unchanged.
 */
export function hardenPodSpec(podSpec: V1PodSpec, contexts: SecurityContexts): V1PodSpec {
  const harden = (container: V1Container): V1Container => ({
    ...container,
    ...(contexts.container && !container.securityContext
      ? { securityContext: structuredClone(contexts.container) }
      : {}),
  });
  return {
    ...podSpec,
    ...(contexts.pod && !podSpec.securityContext ? { securityContext: structuredClone(contexts.pod) } : {}),
    ...(podSpec.initContainers ? { initContainers: podSpec.initContainers.map(harden) } : {}),
    containers: podSpec.containers.map(harden),
  };
}

function isOff(value: unknown): boolean {
  return value === null || value === false || (typeof value === 'string' && OFF.test(value.trim()));
}

function resolve<T extends object>(
  level: SecurityContextLevel,
  source: string,
  definition: unknown,
  environment: unknown,
  otherwise: T,
): T | null {
  if (definition !== undefined) return isOff(definition) ? null : (checked(level, source, definition) as T);
  if (environment !== undefined) return environment as T | null;
  return otherwise;
}

function checked(level: SecurityContextLevel, source: string, value: unknown): object {
  const faults = securityContextFaults(level, value);
  if (faults.length === 0) return value as object;
  const reasons = faults.map((fault) => (fault.path ? `${fault.path} ${fault.message}` : fault.message));
  throw new InvalidSecurityContextError(source, reasons.join('; '));
}
