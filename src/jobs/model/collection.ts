import type { Configuration } from '../../config/configuration.js';
import type { ClusterRights } from '../../k8s/client/cluster-rights.js';

/** Whether this server collects logs and results of ended pods: it is configured to, and may release what it holds. */
export function collects({ server }: Configuration, { releasePods }: ClusterRights): boolean {
  return server.manager.finalizerController && releasePods;
}
