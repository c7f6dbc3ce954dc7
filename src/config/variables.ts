/** One setting that comes from outside the configuration file. */
export interface Variable {
  readonly name: string;
  /** The command line's flag for it, without dashes; it stands over the variable. */
  readonly flag?: string;
  /** What the flag's value is, for the help text. */
  readonly placeholder?: string;
  readonly default?: string;
  readonly text: string;
}

export const clusterChoices = ['auto', 'embedded', 'kubeconfig', 'in-cluster'] as const;
export const objectStoreChoices = ['s3', 'folder'] as const;
export const defaultJobNamePrefix = 'pygeoapi-job-';
export const defaultDataDir = '.data';
/** Where the configuration file is looked for when `PYGEOAPI_CONFIG` is not set; the second is the predecessor's place in its image. */
export const defaultConfigurationFiles = ['config/pygeoapi-config.yaml', '/pygeoapi/local.config.yml'] as const;

/** Every setting, in the order of the help text. The only place that knows their flags. */
export const variables: readonly Variable[] = [
  {
    name: 'PYGEOAPI_CONFIG',
    flag: 'config',
    placeholder: 'FILE',
    default: `${defaultConfigurationFiles.join(', else ')}`,
    text: 'The configuration file, YAML 1.1.',
  },
  {
    name: 'HOST',
    flag: 'host',
    placeholder: 'HOST',
    default: 'CONTAINER_HOST, else server.bind.host',
    text: 'Address to listen on.',
  },
  {
    name: 'PORT',
    flag: 'port',
    placeholder: 'PORT',
    default: 'CONTAINER_PORT, else server.bind.port',
    text: 'Port to listen on; 0 picks a free one.',
  },
  {
    name: 'CONTAINER_HOST',
    text: "Like HOST, under which it stands; the predecessor's image has it.",
  },
  {
    name: 'CONTAINER_PORT',
    text: "Like PORT, under which it stands; the predecessor's image has it.",
  },
  {
    name: 'SCRIPT_NAME',
    text: 'A path such as /pygeoapi beneath which all resources answer, too: for a proxy that does not take it off. Links hold it where server.url is not set.',
  },
  {
    name: 'TRUST_PROXY',
    default: 'server.trust_proxy, else false',
    text: 'Whose X-Forwarded-Proto, -Host and -Prefix headers count: true (of all), false, or addresses and networks of proxies, divided by commas.',
  },
  {
    name: 'K8S_CLUSTER',
    flag: 'cluster',
    placeholder: clusterChoices.join('|'),
    default: 'auto',
    text: 'The Kubernetes cluster that runs the jobs. auto: a kubeconfig, else the service account of the pod, else (outside containers) the embedded cluster.',
  },
  {
    name: 'DATA_DIR',
    flag: 'data-dir',
    placeholder: 'FOLDER',
    default: `${defaultDataDir} in the working directory`,
    text: 'Folder of the embedded cluster and of the folder object store.',
  },
  {
    name: 'OBJECT_STORE',
    flag: 'object-store',
    placeholder: objectStoreChoices.join('|'),
    default: 'folder on the embedded cluster, else s3',
    text: 'Where logs and large results are kept; s3 is the bucket of the variables below.',
  },
  {
    name: 'PYGEOAPI_K8S_MANAGER_API_TOKEN',
    text: 'Token that clients need for what asks for one; unset: nobody has it.',
  },
  {
    name: 'PYGEOAPI_K8S_MANAGER_NAMESPACE',
    default: "the service account's namespace",
    text: 'Namespace of the jobs.',
  },
  {
    name: 'PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX',
    default: defaultJobNamePrefix,
    text: 'Prefix of the names of the Kubernetes Jobs, at most 27 characters. Only jobs with it are seen: keep it.',
  },
  {
    name: 'PYGEOAPI_K8S_MANAGER_JOB_POD_SECURITY_CONTEXT',
    default: 'the baseline',
    text: 'Security context of the pods as JSON; off or none: no context.',
  },
  {
    name: 'PYGEOAPI_K8S_MANAGER_JOB_CONTAINER_SECURITY_CONTEXT',
    default: 'the baseline',
    text: 'Security context of the containers as JSON; off or none: no context.',
  },
  {
    name: 'PYGEOAPI_K8S_MANAGER_RESULTS_TTL',
    default: 'server.manager.results_ttl, else for ever',
    text: "Seconds after a job's end that its results are kept in the object store, where its process does not say otherwise (results_ttl).",
  },
  { name: 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_ENDPOINT', text: 'Address of the S3 service.' },
  { name: 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_KEY', text: 'Access key of the S3 service.' },
  { name: 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_SECRET', text: 'Secret of that access key.' },
  { name: 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_NAME', text: 'Name of the bucket.' },
  { name: 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_PATH_PREFIX', text: 'The folder in the bucket; ends with /.' },
  { name: 'VERSION', default: "the package's", text: 'Version of the image, for /static/info.txt.' },
  { name: 'BUILD_DATE', text: 'When the image was built, for /static/info.txt.' },
  { name: 'GIT_COMMIT', text: 'Of what the image was built, for /static/info.txt.' },
  { name: 'GIT_TAG', text: 'Of what the image was built, for /static/info.txt.' },
  { name: 'GIT_BRANCH', text: 'Of what the image was built, for /static/info.txt.' },
];
