import { JOB_NAME_PREFIX } from '../kube-jobs.mjs';
import { KubernetesApi } from '../kubernetes-api.mjs';

/** The Job of an execution: the template's, under the id and with the inputs. */
export function jobOf(template, jobID, inputs) {
  const annotations = { ...template.metadata.annotations, 'pygeoapi.io/parameters': JSON.stringify(inputs) };
  const metadata = { ...template.metadata, name: `${JOB_NAME_PREFIX}${jobID}`, annotations };
  return { ...template, metadata };
}

/** Jobs by undici alone; the watches of Jobs and pods are read line by line. @returns what makes a Job */
export async function byUndici(kubeconfig, namespace) {
  const api = await KubernetesApi.of(kubeconfig, namespace);
  const states = new Map();
  for (const path of [api.jobs, api.pods])
    await api.watch(path, ({ type, object: { metadata, status } }) => {
      if (type === 'DELETED') states.delete(metadata.uid);
      else states.set(metadata.uid, status);
    });
  return async (kubeJob) => {
    const made = await api.json('POST', api.jobs, kubeJob);
    states.set(made.metadata.uid, made.status);
  };
}
