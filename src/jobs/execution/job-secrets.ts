import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { V1Job, V1Secret } from '@kubernetes/client-node';
import { Configuration } from '../../config/configuration.js';
import { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';

/**
 * Secrets of executions, where the configuration asks for them and the server may make them. Each is owned by its Job and made right after it, so the one
 * right to create secrets is enough: the garbage collector removes it with the Job, also where the Job went before it came. The pod waits for it
 * (`CreateContainerConfigError`); where the server ends in between, the start deadline ends the job as any other that does not start.
 */
@Injectable()
export class JobSecrets implements OnModuleInit {
  private readonly logger = new Logger(JobSecrets.name);
  private granted = false;

  constructor(
    private readonly client: KubernetesClient,
    private readonly configuration: Configuration,
  ) {}

  async onModuleInit(): Promise<void> {
    if (!this.configuration.environment.jobSecrets) return;
    // A question that is not answered counts as a yes: the call itself will tell.
    this.granted = await this.client.canI('create', 'secrets').catch(() => true);
    if (!this.granted)
      this.logger.warn(
        'It may not create secrets: the capabilities and secret inputs of jobs stand in their Jobs, for all who may read Jobs of the namespace (see the component job-secrets).',
      );
  }

  /** Whether Secrets are made. */
  get isAvailable(): boolean {
    return this.granted;
  }

  /** @throws KubernetesError; the Job is deleted again then */
  async keep(secret: V1Secret, owner: V1Job): Promise<void> {
    const { name = '', uid = '' } = owner.metadata ?? {};
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }];
    const owned = { ...secret, metadata: { ...secret.metadata, ownerReferences } };
    try {
      await this.client.createSecret(owned).catch(async (error: unknown) => {
        if (!(error instanceof KubernetesError) || !error.unanswered) throw error;
        await this.client.createSecret(owned);
      });
    } catch (error) {
      // The name is the Job's own: it was made by the attempt whose answer did not come, or by the same request at another replica.
      if (error instanceof KubernetesError && error.failure === 'already-exists') return;
      await this.client.deleteJob(name, uid).catch(() => undefined);
      throw error;
    }
  }
}
