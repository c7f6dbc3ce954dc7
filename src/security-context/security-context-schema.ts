import type { ErrorObject } from 'ajv/dist/2020.js';
import { ownSchema } from '../json/own-schema.js';

/** The two places where Kubernetes takes a security context. */
export type SecurityContextLevel = 'pod' | 'container';

/** Of a user or a group. */
const id = { type: 'integer', minimum: 0, maximum: 2 ** 31 - 1 };
const boolean = { type: 'boolean' };
const string = { type: 'string' };
const strings = { type: 'array', items: string };
const object = (properties: Record<string, unknown>, required: readonly string[] = []) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const profile = object({ type: { enum: ['RuntimeDefault', 'Localhost', 'Unconfined'] }, localhostProfile: string }, [
  'type',
]);

/** Fields that both levels have. */
const shared = {
  appArmorProfile: profile,
  runAsGroup: id,
  runAsNonRoot: boolean,
  runAsUser: id,
  seLinuxOptions: object({ level: string, role: string, type: string, user: string }),
  seccompProfile: profile,
  windowsOptions: object({
    gmsaCredentialSpec: string,
    gmsaCredentialSpecName: string,
    hostProcess: boolean,
    runAsUserName: string,
  }),
};

/** The fields of Kubernetes' PodSecurityContext and SecurityContext (API reference v1.34, core/v1), as JSON Schemas. */
const schemas: Readonly<Record<SecurityContextLevel, object>> = {
  pod: object({
    ...shared,
    fsGroup: id,
    fsGroupChangePolicy: { enum: ['Always', 'OnRootMismatch'] },
    seLinuxChangePolicy: { enum: ['MountOption', 'Recursive'] },
    supplementalGroups: { type: 'array', items: id },
    supplementalGroupsPolicy: { enum: ['Merge', 'Strict'] },
    sysctls: { type: 'array', items: object({ name: string, value: string }, ['name', 'value']) },
  }),
  container: object({
    ...shared,
    allowPrivilegeEscalation: boolean,
    capabilities: object({ add: strings, drop: strings }),
    privileged: boolean,
    procMount: { enum: ['Default', 'Unmasked'] },
    readOnlyRootFilesystem: boolean,
  }),
};

const options = { allErrors: true, verbose: true };
const errorsOf = { pod: ownSchema(schemas.pod, options), container: ownSchema(schemas.container, options) };

/** One mistake in a security context. */
export interface SecurityContextFault {
  /** Path inside the security context, `capabilities.drop.0`; empty: the whole. */
  readonly path: string;
  /** What is wrong and what is allowed, as a sentence part. */
  readonly message: string;
}

/** What the API server would refuse in a security context of this level; empty where it is right. */
export function securityContextFaults(level: SecurityContextLevel, value: unknown): SecurityContextFault[] {
  const errors = errorsOf[level](value);
  if (errors.length > 0) return errors.map(toFault);
  const faults = profileFaults(value as ProfileFields);
  return level === 'container' ? [...faults, ...contradictions(value as ContainerFields)] : faults;
}

type ProfileName = 'appArmorProfile' | 'seccompProfile';
type ProfileFields = Partial<Record<ProfileName, { readonly type: string; readonly localhostProfile?: string }>>;

/** A profile of the node is named where, and only where, it is meant (API reference, SeccompProfile, AppArmorProfile). */
function profileFaults(context: ProfileFields): SecurityContextFault[] {
  return (['appArmorProfile', 'seccompProfile'] as const).flatMap((name) => {
    const { type, localhostProfile } = context[name] ?? {};
    const path = `${name}.localhostProfile`;
    if (type === 'Localhost' && !localhostProfile) return [{ path, message: 'is missing where type is Localhost' }];
    if (type === 'Localhost' || localhostProfile === undefined) return [];
    return [{ path, message: `must be left out where type is ${type}` }];
  });
}

interface ContainerFields {
  readonly allowPrivilegeEscalation?: boolean;
  readonly privileged?: boolean;
  readonly capabilities?: { readonly add?: readonly string[] };
}

/** Kubernetes, "Configure a Security Context": privileged and CAP_SYS_ADMIN imply privilege escalation. */
function contradictions(context: ContainerFields): SecurityContextFault[] {
  if (context.allowPrivilegeEscalation !== false) return [];
  const admin = context.capabilities?.add?.find((name) => ['SYS_ADMIN', 'CAP_SYS_ADMIN'].includes(name));
  const because = context.privileged ? 'privileged is true' : admin ? `capabilities.add holds ${admin}` : undefined;
  if (!because) return [];
  return [{ path: 'allowPrivilegeEscalation', message: `must be true or left out where ${because}` }];
}

function toFault(error: ErrorObject): SecurityContextFault {
  const at = error.instancePath.split('/').slice(1);
  const path = (...more: string[]) => [...at, ...more].join('.');
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'additionalProperties': {
      const known = Object.keys((error.parentSchema?.['properties'] ?? {}) as object);
      return {
        path: path(String(params['additionalProperty'])),
        message: `is no known field; known are ${known.join(', ')}`,
      };
    }
    case 'required':
      return { path: path(String(params['missingProperty'])), message: 'is missing' };
    case 'enum':
      return { path: path(), message: `must be one of ${(params['allowedValues'] as string[]).join(', ')}` };
    case 'type': {
      const type = String(params['type']);
      return { path: path(), message: `must be ${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}` };
    }
    default:
      return { path: path(), message: error.message ?? 'is wrong' };
  }
}
