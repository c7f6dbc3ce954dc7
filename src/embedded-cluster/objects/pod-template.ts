import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import { cause, type Cause } from './api-error.js';
import { labelCauses } from './names.js';

/** Values that the API server fills in, of those that show. */
export function defaultPodSpec(spec: V1PodSpec): void {
  spec.restartPolicy ??= 'Always';
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.schedulerName ??= 'default-scheduler';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    container.resources ??= {};
    container.terminationMessagePath ??= '/dev/termination-log';
    container.terminationMessagePolicy ??= 'File';
    container.imagePullPolicy ??= /(^[^:@]+|\/[^:@/]+|:latest)$/.test(container.image ?? '')
      ? 'Always'
      : 'IfNotPresent';
    for (const variable of container.env ?? []) {
      if (variable.valueFrom?.fieldRef) variable.valueFrom.fieldRef.apiVersion ??= 'v1';
    }
  }
}

export function podSpecCauses(spec: V1PodSpec | undefined, field: string, restartPolicies: readonly string[]): Cause[] {
  const volumes = new Set((spec?.volumes ?? []).map(({ name }) => name));
  const names = new Set<string>();
  const containers = (list: V1Container[] | undefined, path: string): Cause[] =>
    (list ?? []).flatMap((container, index) => containerCauses(container, `${path}[${index}]`, names, volumes));
  const causes = containers(spec?.initContainers, `${field}.initContainers`);
  if (!spec?.containers?.length) causes.push(cause.required(`${field}.containers`));
  causes.push(...containers(spec?.containers, `${field}.containers`));
  const policy = spec?.restartPolicy;
  const offered = restartPolicies.map((each) => `"${each}"`).join(', ');
  if (!policy) causes.push(cause.required(`${field}.restartPolicy`, `valid values: ${offered}`));
  else if (!restartPolicies.includes(policy))
    causes.push(cause.unsupported(`${field}.restartPolicy`, policy, restartPolicies));
  for (const name of ['activeDeadlineSeconds', 'terminationGracePeriodSeconds'] as const) {
    const value = spec?.[name];
    const least = name === 'activeDeadlineSeconds' ? 1 : 0;
    if (value !== undefined && !(Number.isInteger(value) && value >= least)) {
      causes.push(cause.invalid(`${field}.${name}`, value, `must be an integer of at least ${least}`));
    }
  }
  return causes;
}

function containerCauses(container: V1Container, field: string, names: Set<string>, volumes: Set<string>): Cause[] {
  const causes: Cause[] = [];
  if (!container.name) causes.push(cause.required(`${field}.name`));
  else if (names.has(container.name)) causes.push(cause.duplicate(`${field}.name`, container.name));
  else causes.push(...labelCauses(`${field}.name`, container.name));
  names.add(container.name);
  if (!container.image) causes.push(cause.required(`${field}.image`));
  for (const [index, variable] of (container.env ?? []).entries()) {
    if (!variable.name) causes.push(cause.required(`${field}.env[${index}].name`));
    if (variable.value !== undefined && typeof variable.value !== 'string') {
      causes.push(cause.invalid(`${field}.env[${index}].value`, variable.value, 'must be a string'));
    }
    if (variable.value && variable.valueFrom) {
      causes.push(
        cause.invalid(`${field}.env[${index}].valueFrom`, '', 'may not be specified when `value` is not empty'),
      );
    }
  }
  const paths = new Set<string>();
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${field}.volumeMounts[${index}]`;
    if (!mount.mountPath) causes.push(cause.required(`${at}.mountPath`));
    else if (paths.has(mount.mountPath))
      causes.push(cause.invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    paths.add(mount.mountPath);
    if (!volumes.has(mount.name))
      causes.push({ reason: 'FieldValueNotFound', message: `Not found: "${mount.name}"`, field: `${at}.name` });
  }
  const { privileged, allowPrivilegeEscalation } = container.securityContext ?? {};
  if (privileged && allowPrivilegeEscalation === false) {
    causes.push(
      cause.invalid(
        `${field}.securityContext`,
        container.securityContext,
        'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ),
    );
  }
  return causes;
}
