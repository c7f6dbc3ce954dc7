interface Access {
  readonly url: string;
  readonly authority: string;
  readonly token: string;
  readonly namespace: string;
}

/** A kubeconfig file (JSON is YAML) with one context. https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ */
export function kubeconfig({ url, authority, token, namespace }: Access): string {
  const name = 'embedded';
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name, cluster: { server: url, 'certificate-authority-data': Buffer.from(authority).toString('base64') } },
      ],
      users: [{ name, user: { token } }],
      contexts: [{ name, context: { cluster: name, user: name, namespace } }],
      'current-context': name,
    },
    null,
    2,
  )}\n`;
}
