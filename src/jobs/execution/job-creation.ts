import { Injectable, Logger } from '@nestjs/common';
import type { V1Job, V1Secret } from '@kubernetes/client-node';
import { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import { ownAnnotation } from '../../k8s/names.js';
import { MisconfiguredError, UnavailableError } from '../../ogc/domain-errors.js';
import { JobSecrets } from './job-secrets.js';

/** More creations than these do not wait for the API server at the same time: they would be answered too late for anybody. */
export const MOST_CREATIONS = 2000;
/** How often a creation is sent again whose answer did not come, or whose name was taken by what is gone. */
const REPETITIONS = 1;

/** Creates Kubernetes Jobs, each once, whatever happens to the answer: the name makes it safe to ask again. */
@Injectable()
export class JobCreation {
  private readonly logger = new Logger(JobCreation.name);
  private underWay = 0;

  constructor(
    private readonly client: KubernetesClient,
    private readonly secrets: JobSecrets,
  ) {}

  /**
   * @param processId for messages
   * @param secret what the Job's pod waits for; not made where another request has made the Job. Where it cannot be made the Job is deleted again
   * @param beforePost is asked before each POST; what it throws is thrown, and nothing is sent then
   * @returns the Job of this name, be it made now or before
   * @throws UnavailableError, MisconfiguredError
   */
  async create(kubeJob: V1Job, processId: string, secret?: V1Secret, beforePost?: () => Promise<void>): Promise<V1Job> {
    if (this.underWay >= MOST_CREATIONS)
      throw new UnavailableError('Too many jobs are being created at this moment; nothing was created.', 1);
    this.underWay += 1;
    try {
      const created = await this.createOnce(kubeJob, beforePost);
      if (secret && isSame(kubeJob, created)) await this.secrets.keep(secret, created);
      return created;
    } catch (error) {
      if (error instanceof KubernetesError && webhookOf(error) !== undefined) this.logger.warn(error.message);
      throw translated(processId, error);
    } finally {
      this.underWay -= 1;
    }
  }

  private async createOnce(kubeJob: V1Job, beforePost?: () => Promise<void>): Promise<V1Job> {
    for (let repetitions = 0; ; repetitions += 1) {
      await beforePost?.();
      try {
        return await this.client.createJob(kubeJob);
      } catch (error) {
        if (!(error instanceof KubernetesError)) throw error;
        if (error.failure === 'already-exists') {
          const existing = await this.client.getJob(kubeJob.metadata?.name ?? '');
          if (existing) return existing;
        } else if (!error.unanswered) {
          throw error;
        }
        if (repetitions >= REPETITIONS) throw error;
      }
    }
  }
}

/** Whether a Job was made of this very request, not of an earlier one with its `Idempotency-Key` or `job_id`. */
export function isSame({ metadata: one }: V1Job, { metadata: other }: V1Job): boolean {
  return [ownAnnotation.transfer, ownAnnotation.idempotency].every(
    (name) => one?.annotations?.[name] === other?.annotations?.[name],
  );
}

/** The admission webhook that the API server could not ask: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#failure-policy */
function webhookOf({ words }: KubernetesError): string | undefined {
  return /failed calling webhook "([^"]+)"/.exec(words)?.[1];
}

/** What the refusal to create a Job means for whoever executes a process. */
export function translated(processId: string, error: unknown): unknown {
  if (!(error instanceof KubernetesError)) return error;
  switch (error.failure) {
    case 'forbidden':
      // "exceeded quota" (it is used up), "status unknown for quota" (it is new and not counted yet), "insufficient quota".
      if (/\bquota\b/i.test(error.message))
        return new UnavailableError('The quota of the namespace is used up; try again when jobs have ended.', 30);
      return new MisconfiguredError(`The cluster does not let this server create the job: ${error.message}`);
    case 'invalid':
    case 'bad-request':
      return new MisconfiguredError(`The cluster refuses the job that process "${processId}" makes: ${error.message}`);
    case 'unauthorized':
    case 'not-found':
      return new MisconfiguredError(`The cluster refuses this server: ${error.message}`);
    case 'too-many-requests':
      return new UnavailableError(
        'The cluster is asked too much now; nothing was created.',
        error.retryAfterSeconds ?? 1,
      );
    // Several creations at the same time change the count of a quota, or a Job of this name is just going.
    case 'conflict':
    case 'already-exists':
      return new UnavailableError('The cluster could not create the job at this moment; nothing was created.', 1);
    default:
      if (webhookOf(error) !== undefined)
        return new UnavailableError(
          `The cluster cannot create the job now, for its webhook "${webhookOf(error)}" does not answer; nothing was created.`,
        );
      return error.unanswered
        ? new UnavailableError(
            'The cluster does not answer now. Whether the job was created is not known: with an Idempotency-Key the request can be repeated safely.',
          )
        : new UnavailableError('The cluster does not answer now; nothing was created.', error.retryAfterSeconds);
  }
}
