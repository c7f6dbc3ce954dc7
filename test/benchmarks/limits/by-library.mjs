import { BatchV1Api, CoreV1Api, KubeConfig, makeInformer } from '@kubernetes/client-node';

/** Jobs by the client library's own calls; its informers keep Jobs and pods. @returns what makes a Job */
export async function byLibrary(kubeconfig, namespace) {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const batch = config.makeApiClient(BatchV1Api);
  const core = config.makeApiClient(CoreV1Api);
  const lists = {
    [`/apis/batch/v1/namespaces/${namespace}/jobs`]: () => batch.listNamespacedJob({ namespace }),
    [`/api/v1/namespaces/${namespace}/pods`]: () => core.listNamespacedPod({ namespace }),
  };
  for (const [path, list] of Object.entries(lists)) {
    const informer = makeInformer(config, path, list);
    // A watch that ends is begun again.
    informer.on('error', () => void informer.start());
    await informer.start();
  }
  return (body) => batch.createNamespacedJob({ namespace, body });
}
