import type { LogLevel } from '../config/configuration.js';

/** Python's numbers of the levels. */
export const levelNumber: Readonly<Record<LogLevel, number>> = {
  NOTSET: 0,
  DEBUG: 10,
  INFO: 20,
  WARNING: 30,
  ERROR: 40,
  CRITICAL: 50,
};

/** The name under which requests are logged. */
export const REQUEST_LOG = 'HttpRequest';

/**
 * The Python libraries of the predecessor that did what these loggers tell of, most telling first. Other libraries (`urllib3`, `asyncio`...) have
 * no counterpart: a level for them is accepted and without effect.
 */
const counterparts: readonly (readonly [name: RegExp, libraries: readonly string[]])[] = [
  [
    /^(?:K8s|Kubernetes|Cluster|Informer\b|Leader|EmbeddedCluster)/,
    ['kubernetes.client', 'pygeoapi_k8s_manager.manager'],
  ],
  [/^(?:ObjectStore|S3|Folder)/, ['botocore', 'boto3', 's3transfer', 'pygeoapi_k8s_manager.finalizer']],
  [/^(?:finalizer|LogFollower|LogCollector|LogStore)/i, ['pygeoapi_k8s_manager.finalizer']],
  [/^Process/, ['pygeoapi_k8s_manager.process', 'pygeoapi.process']],
  [new RegExp(`^${REQUEST_LOG}$`), ['gunicorn.access', 'werkzeug', 'uvicorn.access', 'pygeoapi.flask_app']],
];
const otherwise = ['pygeoapi_k8s_manager.manager', 'pygeoapi.api'];

/**
 * The least level number that a logger writes: its own by name, else that of a predecessor's library that it stands for (also of that
 * library's ancestors, as in Python: `pygeoapi` for `pygeoapi.api`), else the global one. `NOTSET` asks the next in that order.
 * @param name of the logger, `''` where it has none
 * @param byLibrary `server.manager.logging`
 */
export function leastLevel(name: string, global: LogLevel, byLibrary: Readonly<Record<string, LogLevel>>): number {
  const libraries = counterparts.find(([pattern]) => pattern.test(name))?.[1] ?? otherwise;
  for (const candidate of [name, ...libraries.flatMap(withAncestors)]) {
    const level = byLibrary[candidate];
    if (level !== undefined && level !== 'NOTSET') return levelNumber[level];
  }
  return levelNumber[global];
}

/** `a.b.c` gives `a.b.c`, `a.b`, `a`. */
function withAncestors(library: string): string[] {
  const parts = library.split('.');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('.'));
}
