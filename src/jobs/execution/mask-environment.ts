import type { V1Container, V1Job } from '@kubernetes/client-node';
import { isSecretName } from '../../processes/schema/secrets.js';

/** The Job as it may be shown: values of environment variables with secret-looking names are `*`. The argument is left unchanged. */
export function maskEnvironment(kubeJob: V1Job): V1Job {
  const masked = structuredClone(kubeJob);
  const { initContainers = [], containers = [] } = masked.spec?.template.spec ?? {};
  for (const { env = [] } of [...initContainers, ...containers] as V1Container[]) {
    for (const variable of env) {
      if (variable.value !== undefined && isSecretName(variable.name)) variable.value = '*';
    }
  }
  return masked;
}
