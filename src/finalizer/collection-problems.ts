import { Injectable, Logger } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { JobCache } from '../jobs/model/job-cache.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { ObjectStoreError, type ObjectStoreFailure } from '../object-store/object-store.js';
import { collectionProblemPatch, makeCollectionProblemEvent } from './job-patches.js';

/** What goes on until somebody does something about it. */
const FOR_PEOPLE: ReadonlySet<ObjectStoreFailure> = new Set(['not-configured', 'denied', 'no-such-bucket', 'full']);
/** Anything else is told once it has lasted so long, milliseconds. */
const LASTING = 10_000;

/**
 * Tells on a Job why its log and result are still not collected: in an annotation, which every replica shows in the job's status, and as an Event, for `kubectl describe`. Both
 * are for people, and nothing depends on them; what is collected loses the annotation.
 */
@Injectable()
export class CollectionProblems {
  private readonly logger = new Logger(CollectionProblems.name);
  private readonly since = new Map<string, number>();

  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
  ) {}

  /**
   * Never rejects.
   * @param key of the work queue
   * @param now milliseconds of a clock that never jumps
   */
  async met(key: string, job: JobRecord | undefined, error: unknown, now: number): Promise<void> {
    const since = this.since.get(key) ?? now;
    this.since.set(key, since);
    if (!job || job.deleting || !(error instanceof Error)) return;
    const isForPeople = error instanceof ObjectStoreError && FOR_PEOPLE.has(error.failure);
    if ((!isForPeople && now - since < LASTING) || job.collectionProblem === error.message) return;
    try {
      const patched = await this.client.patchJob(job.name, collectionProblemPatch(job, error.message));
      if (!patched) return;
      this.cache.observe(patched);
      await this.client.createEvent(
        makeCollectionProblemEvent(
          job,
          this.client.namespace,
          error.message,
          new Date(),
          randomBytes(4).toString('hex'),
        ),
      );
    } catch (failure) {
      this.logger.debug(`${job.name}: that it is not collected cannot be told: ${String(failure)}`);
    }
  }

  over(key: string): void {
    this.since.delete(key);
  }
}
