import type { ApiClient } from './api-client.js';

export const JOBS = '/apis/batch/v1/namespaces/default/jobs';
export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

/** A Job that never runs: nothing can place its pod. */
export function job(name: string, change: object = {}): object {
  const template = {
    spec: { restartPolicy: 'Never', nodeSelector: { no: 'where' }, containers: [{ name: 'main', image: 'busybox' }] },
  };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { template }, ...change };
}

export function configMap(name: string, labels: Record<string, string> = {}): object {
  return { metadata: { name, labels }, data: { key: 'value' } };
}

/** Code, reason and message of a refused request. */
export async function refusalOf(client: ApiClient, ...call: Parameters<ApiClient['call']>): Promise<object> {
  const { code, body } = await client.call<{ reason?: string; message?: string }>(...call);
  return { code, reason: body.reason, message: body.message };
}
