import { Logger } from '@nestjs/common';
import type { KubernetesClient } from './kubernetes-client.js';

/** What this server may do in its namespace, asked once, at start. */
export abstract class ClusterRights {
  /** Take the finalizer off pods; without it pods get none. */
  abstract readonly releasePods: boolean;
  /** Watch events; without it a status has no message from them. */
  abstract readonly watchEvents: boolean;
}

/** Every right that the server has a use for in its namespace, by resource; the Role of k8s-manifests grants exactly these. */
export const USED_RIGHTS = {
  'jobs.batch': ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  pods: ['get', 'list', 'watch', 'patch'],
  'pods/log': ['get'],
  events: ['list', 'watch', 'create'],
  'pods.metrics.k8s.io': ['list'],
  'leases.coordination.k8s.io': ['get', 'create', 'update'],
} as const;

/** What it can do without; the leader election finds out about leases itself. */
const OPTIONAL: ReadonlySet<string> = new Set([
  'patch pods',
  'list events',
  'watch events',
  'create events',
  'list pods.metrics.k8s.io',
]);

const NEEDED = Object.entries(USED_RIGHTS)
  .filter(([resource]) => !resource.startsWith('leases.'))
  .flatMap(([resource, verbs]) => verbs.map((verb) => ({ verb, resource })))
  .filter(({ verb, resource }) => !OPTIONAL.has(`${verb} ${resource}`));

/**
 * Asks what the server may do (SelfSubjectAccessReview, https://kubernetes.io/docs/reference/access-authn-authz/authorization/). What it cannot do without is an error in the log,
 * what it can a warning that says what follows. A question that is not answered counts as a yes: the call itself will tell.
 */
export async function askRights(
  client: KubernetesClient,
  logger = new Logger('ClusterRights'),
): Promise<ClusterRights> {
  const ask = async ({ verb, resource }: { verb: string; resource: string }): Promise<boolean> => {
    const [name = '', subresource] = resource.split('/');
    try {
      return await client.canI(verb, name, subresource);
    } catch (error) {
      logger.warn(
        `Whether it may ${verb} ${resource} is not known: ${error instanceof Error ? error.message : String(error)}`,
      );
      return true;
    }
  };
  const [needed, releasePods, listEvents, watchEvents, createEvents, listMetrics] = await Promise.all([
    Promise.all(NEEDED.map(async (right) => ({ ...right, granted: await ask(right) }))),
    ask({ verb: 'patch', resource: 'pods' }),
    ask({ verb: 'list', resource: 'events' }),
    ask({ verb: 'watch', resource: 'events' }),
    ask({ verb: 'create', resource: 'events' }),
    ask({ verb: 'list', resource: 'pods.metrics.k8s.io' }),
  ]);
  const missing = needed.filter(({ granted }) => !granted).map(({ verb, resource }) => `${verb} ${resource}`);
  if (missing.length > 0)
    logger.error(
      `Missing rights in namespace ${client.namespace}: ${missing.join(', ')}. See the table of rights in the README.`,
    );
  if (!releasePods) {
    logger.warn(
      'It may not patch pods: they get no finalizer, logs and results can be read only while the pods exist.',
    );
  }
  if (!listEvents || !watchEvents)
    logger.warn('It may not list and watch events: a job that waits shows no message from them.');
  if (!createEvents)
    logger.warn('It may not create events: what keeps a log from being collected shows only in the status of its job.');
  if (!listMetrics) logger.warn('It may not list pods.metrics.k8s.io: what jobs use is not measured.');
  return { releasePods, watchEvents: listEvents && watchEvents };
}
