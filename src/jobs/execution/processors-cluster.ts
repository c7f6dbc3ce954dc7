import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import { UnavailableError } from '../../ogc/domain-errors.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import type { ClusterView, SecretName } from '../../processes/processor.js';

const RETRY_AFTER_SECONDS = 30;

/** What processors see of the cluster. */
@Injectable()
export class ProcessorsCluster implements ClusterView, OnApplicationBootstrap {
  private readonly logger = new Logger(ProcessorsCluster.name);

  constructor(
    private readonly client: KubernetesClient,
    private readonly processes: ProcessRegistry,
  ) {}

  /** Says at start what would otherwise be found out by the first execution. */
  async onApplicationBootstrap(): Promise<void> {
    const ids = this.processes.list().flatMap(({ id, listsSecrets }) => (listsSecrets ? [id] : []));
    if (ids.length === 0) return;
    // A question that is not answered counts as a yes: the call itself will tell.
    if (await this.client.canI('list', 'secrets').catch(() => true)) return;
    this.logger.error(`${this.missingRight} It keeps from being executed: ${ids.join(', ')}.`);
  }

  async secrets(): Promise<readonly SecretName[]> {
    try {
      const secrets = await this.client.listSecrets();
      return secrets.map(({ name = '', labels = {} }) => ({ name, labels }));
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      const isForbidden = error.failure === 'forbidden';
      this.logger.error(isForbidden ? this.missingRight : `Secrets cannot be listed: ${error.message}`);
      throw new UnavailableError(
        isForbidden
          ? 'This process cannot be executed: the server may not list the secrets that its jobs get.'
          : 'The secrets that jobs of this process get cannot be listed now.',
        RETRY_AFTER_SECONDS,
      );
    }
  }

  private get missingRight(): string {
    return `Missing right in namespace ${this.client.namespace}: list secrets (docs/notebooks.md).`;
  }
}
