/** What of it tests use. */
export class KubernetesApi {
  static of(kubeconfig: string, namespace: string): Promise<KubernetesApi>;
  readonly namespace: string;
  readonly jobs: string;
  text(method: string, path: string, body?: string): Promise<string>;
  json(method: string, path: string): Promise<unknown>;
  list(path: string): Promise<readonly unknown[]>;
}
