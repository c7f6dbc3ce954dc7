import type { V1Container, V1EnvVar, V1Job, V1Secret } from '@kubernetes/client-node';
import { environmentVariable } from '../../k8s/names.js';

/** An execution's Job, and what of it stands in a Secret. */
export interface SplitJob {
  readonly kubeJob: V1Job;
  /** Of the Job's name; its owner is to be set once the Job has a uid. */
  readonly secret: V1Secret;
}

/** Of arguments that stand in the Secret; a number follows. */
const ARGUMENT = 'PYGEOAPI_K8S_MANAGER_ARGUMENT_';

/**
 * Takes what others must not read out of the Job of an execution: the variables with its capabilities and, where asked for, inputs, and arguments that a
 * processor may have made of them. Its main container gets them from a Secret.
 *
 * @param options `inputs`: whether inputs are secret
 * @returns undefined where there is nothing to be taken out
 */
export function splitJob(
  kubeJob: V1Job,
  mainContainerName: string,
  options: { readonly inputs: boolean },
): SplitJob | undefined {
  const name = kubeJob.metadata?.name ?? '';
  const podSpec = kubeJob.spec?.template.spec;
  const main = podSpec?.containers.find((container) => container.name === mainContainerName);
  if (!kubeJob.spec || !podSpec || !main) return undefined;
  const hidden = new Set<string>([
    environmentVariable.outputs,
    environmentVariable.inputsUrl,
    ...(options.inputs ? [environmentVariable.inputs] : []),
  ]);
  const data: Record<string, string> = {};
  const take = (key: string, value: string): V1EnvVar => {
    data[key] = value;
    return { name: key, valueFrom: { secretKeyRef: { name, key } } };
  };
  const env = (main.env ?? []).map((variable) =>
    hidden.has(variable.name) && variable.value !== undefined ? take(variable.name, written(variable.value)) : variable,
  );
  const ofArguments: V1EnvVar[] = [];
  const args = main.args?.map((argument, index) => {
    if (!options.inputs || refers(argument)) return argument;
    ofArguments.push(take(ARGUMENT + index, written(argument)));
    return `$(${ARGUMENT}${index})`;
  });
  if (Object.keys(data).length === 0) return undefined;
  const container: V1Container = { ...main, env: [...env, ...ofArguments], ...(args && { args }) };
  const containers = podSpec.containers.map((each) => (each === main ? container : each));
  const { spec } = kubeJob;
  const template = { ...spec.template, spec: { ...podSpec, containers } };
  return {
    kubeJob: { ...kubeJob, spec: { ...spec, template } },
    secret: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: kubeJob.metadata?.namespace, labels: { ...kubeJob.metadata?.labels } },
      immutable: true,
      type: 'Opaque',
      stringData: data,
    },
  };
}

/** What Kubernetes makes of a value without references: `$$` is a dollar. What comes from a Secret is taken as it is. */
function written(value: string): string {
  return value.replaceAll('$$', '$');
}

/** Whether Kubernetes would replace `$(NAME)` in it, which it does not in what comes from a Secret. */
function refers(argument: string): boolean {
  return argument.replaceAll('$$', '').includes('$(');
}
