const ARGO =
  'it starts an Argo Workflow from a WorkflowTemplate, which no Kubernetes Job can stand for. ' +
  'Describe its image as a process of its own (docs/migration.md)';

/** Processors of the predecessors that this server does not have, and why. Their processes keep no other from being served. */
const UNTAKEN: ReadonlyMap<string, string> = new Map([
  ['pygeoapi_kubernetes_papermill.ArgoProcessor', ARGO],
  ['pygeoapi_kubernetes_papermill.argo.ArgoProcessor', ARGO],
]);

/** @returns undefined: nobody has decided against a processor of this name */
export function whyNotTaken(processorName: string): string | undefined {
  return UNTAKEN.get(processorName);
}
