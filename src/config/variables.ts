import { visualisationVariables } from './visualisation-variables.js';

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
export const bucketCredentials = ['key', 'default-chain'] as const;
export const bucketAddressings = ['path', 'virtual-host'] as const;
export const objectStoreChoices = ['s3', 'folder'] as const;
export const logFormats = ['json', 'text'] as const;
export const defaultJobNamePrefix = 'pygeoapi-job-';
export const defaultDataDir = '.data';
/** Any host, at public addresses. */
export const defaultAllowedHosts = 'public';
/** Where the configuration file is looked for when `PYGEOAPI_CONFIG` is not set; the second is the predecessor's place in its image. */
export const defaultConfigurationFiles = ['config/pygeoapi-config.yaml', '/pygeoapi/local.config.yml'] as const;

export const operatorNames = ['visualisations'] as const;
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
    name: 'SYNC_MAX_WAIT',
    default: 'server.manager.sync_max_wait, else without limit',
    text: 'Seconds that a synchronous request waits at the most, of processes that also execute asynchronously; the job goes on.',
  },
  {
    name: 'FOLLOW_MAX_SILENCE',
    default: 'server.manager.follow_max_silence, else 30',
    text: 'Seconds of silence after which a followed log ends; server-sent events have a comment twice in that time. 0: never.',
  },
  {
    name: 'KEEP_ALIVE_TIMEOUT',
    default: 'server.keep_alive_timeout, else 72',
    text: 'Seconds that an idle connection is kept: longer than the proxies before the server keep theirs.',
  },
  {
    name: 'SUBSCRIBER_ALLOWED_HOSTS',
    flag: 'subscriber-hosts',
    placeholder: 'HOSTS',
    default: defaultAllowedHosts,
    text: 'The hosts of subscribers that may be called, divided by commas: public (any host, at public addresses), names, *.example.org, addresses, networks such as 10.0.0.0/8, * (all).',
  },
  {
    name: 'SUBSCRIBER_SIGNING_SECRET',
    text: 'Signs calls of subscribers (Standard Webhooks): whsec_ and base64; unset: they are not signed.',
  },
  {
    name: 'PUBSUB_BROKER_PASSWORD',
    default: 'the password in pubsub.broker.url',
    text: 'Password of the broker of pubsub, as it is; the user stands in pubsub.broker.url.',
  },
  {
    name: 'ARCHIVE_PASSWORD',
    default: 'the password in archive.url',
    text: 'Password of the database of archive, as it is; the user stands in archive.url.',
  },
  {
    name: 'INTERNAL_URL',
    flag: 'internal-url',
    placeholder: 'URL',
    default: 'server.internal_url, else none; on the embedded cluster the loopback address',
    text: 'Base address of this server for the pods of jobs; they exchange files with it. Port 0 stands for the port that is listened on.',
  },
  {
    name: 'MAX_REQUEST_BYTES',
    flag: 'max-request-bytes',
    placeholder: 'BYTES',
    default: 'server.max_request_bytes, else 10485760',
    text: 'Largest body of a request, also of what a compressed one unfolds to.',
  },
  {
    name: 'MAX_REQUEST_BYTES_IN_FLIGHT',
    default: 'server.max_request_bytes_in_flight, else 8 times MAX_REQUEST_BYTES',
    text: 'Bytes of all bodies, decoded, that the server holds at a time: what comes beyond is answered 503.',
  },
  {
    name: 'MAX_OUTPUT_BYTES',
    flag: 'max-output-bytes',
    placeholder: 'BYTES',
    default: 'server.max_output_bytes, else 1099511627776',
    text: 'Largest file that a job may upload for one output.',
  },
  {
    name: 'MAX_JOB_OUTPUT_BYTES',
    flag: 'max-job-output-bytes',
    placeholder: 'BYTES',
    default: 'server.max_job_output_bytes, else as much as it likes',
    text: 'Bytes that a job may upload for all outputs together.',
  },
  {
    name: 'INPUT_HREF_ALLOWED_HOSTS',
    flag: 'input-hosts',
    placeholder: 'HOSTS',
    default: defaultAllowedHosts,
    text: 'Where inputs that are given by link may be fetched from, to validate them: hosts as for subscribers.',
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
    name: 'RUN_AS',
    flag: 'run-as',
    placeholder: 'USER',
    default: 'as the server',
    text: "Whom jobs of the embedded cluster run as: a user's name, a number, or numbers of user and group (1000:1000). Only where the server is root.",
  },
  {
    name: 'NOTEBOOK_PYTHON',
    flag: 'notebook-python',
    placeholder: 'FILE',
    default: 'the one in PATH that has papermill',
    text: 'The Python that runs notebooks on the embedded cluster: the program, such as venv/bin/python, of one that papermill is installed in.',
  },
  {
    name: 'OBJECT_STORE',
    flag: 'object-store',
    placeholder: objectStoreChoices.join('|'),
    default: 'folder on the embedded cluster, else s3',
    text: 'Where logs and large results are kept; s3 is the bucket of the variables below.',
  },
  {
    name: 'LOG_FORMAT',
    flag: 'log-format',
    placeholder: logFormats.join('|'),
    default: 'text on a terminal and where logging.logformat is set, else json',
    text: 'The lines of the log: JSON, or text as logging.logformat has it.',
  },
  {
    name: 'METRICS_PORT',
    flag: 'metrics-port',
    placeholder: 'PORT',
    default: 'the port of all else',
    text: 'Port, on the same address, on which /metrics answers instead; 0 picks a free one.',
  },
  {
    name: 'METRICS_TOKEN',
    text: 'Token that /metrics asks for (Authorization: Bearer); unset: it asks for none.',
  },
  {
    name: 'SHUTDOWN_DELAY',
    flag: 'shutdown-delay',
    placeholder: 'SECONDS',
    default: '0',
    text: 'How long to go on serving, not ready any more, once asked to end: so long a Service takes to send no more requests. At most 60.',
  },
  {
    name: 'OPERATORS',
    flag: 'operators',
    placeholder: [...operatorNames, 'none'].join('|'),
    default: 'operators of the file, else none',
    text: 'Operators that run beside the processes API.',
  },
  {
    name: 'PROCESSES_API',
    flag: 'processes-api',
    placeholder: 'on|off',
    default: 'processes_api of the file, else on',
    text: 'off: no processes, no jobs, no object store; only operators.',
  },
  {
    name: 'PYGEOAPI_K8S_MANAGER_API_TOKEN',
    text: 'Token that clients need for what asks for one; unset: nobody has it.',
  },
  {
    name: 'PYGEOAPI_K8S_MANAGER_SIGNING_KEYS',
    default: 'made of the API token',
    text: 'Secrets that sign what the server notes on Jobs, with blanks between: the first signs, all verify.',
  },
  { name: 'PYGEOAPI_K8S_MANAGER_SIGNING_KEYS_FILE', text: 'File with these secrets, in their place.' },
  {
    name: 'PYGEOAPI_K8S_MANAGER_ACCESS_KEY',
    default: 'made of the API token',
    text: 'Encrypts sessions of people who signed in with a browser, where access.key names nothing else: base64 of 32 bytes. Of several the first encrypts.',
  },
  {
    name: 'PYGEOAPI_K8S_MANAGER_NAMESPACE',
    default: "the service account's namespace",
    text: 'Namespace of the jobs, and of the Lease by which replicas choose who leads.',
  },
  {
    name: 'PYGEOAPI_K8S_MANAGER_JOBS_NAMESPACE',
    flag: 'jobs-namespace',
    placeholder: 'NAMESPACE',
    default: "server.manager.jobs_namespace, else the server's",
    text: "Namespace of the jobs, their pods and events, where it is not the server's; the Lease stays there.",
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
    name: 'PYGEOAPI_K8S_MANAGER_JOB_SECRETS',
    default: 'false',
    text: 'true: capabilities and inputs with secret-looking names reach pods by a Secret of each job, which the server must have the right to create, and stand no more in the Job.',
  },
  {
    name: 'PYGEOAPI_K8S_MANAGER_RESULTS_TTL',
    default: 'server.manager.results_ttl, else for ever',
    text: "Seconds after a job's end that its results are kept in the object store, where its process does not say otherwise (results_ttl).",
  },
  { name: 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_ENDPOINT', text: 'Address of the S3 service.' },
  {
    name: 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_PUBLIC_ENDPOINT',
    text: 'Address at which clients reach the same S3 service: results from 4 MiB are then read there.',
  },
  { name: 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_KEY', text: 'Access key of the S3 service.' },
  { name: 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_SECRET', text: 'Secret of that access key.' },
  {
    name: 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_SESSION_TOKEN',
    text: 'Session token of that access key, where it is a temporary one.',
  },
  {
    name: 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_CREDENTIALS',
    default: 'key',
    text: "key: the variables above; default-chain: what the AWS SDK finds (web identity, EKS Pod Identity, a container's or an instance's role).",
  },
  {
    name: 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_ADDRESSING',
    default: 'path',
    text: 'Where the bucket stands in addresses: path, or virtual-host (before the host name of the endpoint).',
  },
  { name: 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_NAME', text: 'Name of the bucket.' },
  { name: 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_PATH_PREFIX', text: 'The folder in the bucket; ends with /.' },
  ...visualisationVariables,
  { name: 'VERSION', default: "the package's", text: 'Version of the image, for /static/info.txt.' },
  { name: 'BUILD_DATE', text: 'When the image was built, for /static/info.txt.' },
  { name: 'GIT_COMMIT', text: 'Of what the image was built, for /static/info.txt.' },
  { name: 'GIT_TAG', text: 'Of what the image was built, for /static/info.txt.' },
  { name: 'GIT_BRANCH', text: 'Of what the image was built, for /static/info.txt.' },
];
