// The Kubernetes client as suites see it (jest.config.js): to load its thousand modules anew takes each suite most of a second of processor
// time.
export const {
  AdmissionregistrationV1Api,
  ApiException,
  ApiextensionsV1Api,
  AppsV1Api,
  BatchV1Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  loadYaml,
  NetworkingV1Api,
  PatchStrategy,
  RbacAuthorizationV1Api,
  setHeaderOptions,
  V1MicroTime,
  Watch,
} = globalThis.loadedOnce('@kubernetes/client-node');
