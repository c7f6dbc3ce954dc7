import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { ObjectClient } from '../k8s/client/object-client.js';
import { instanceKey, KIND } from './names.js';
import { VisualisationCache } from './visualisation-cache.js';
import { isRefusal, makeStatus, type Made, type Readiness } from './visualisation-status.js';
import {
  readyCondition,
  type DataVisualisation,
  type VisualisationRecord,
  type VisualisationStatus,
} from './visualisation-record.js';

/** Writes the status of a resource, where it changes. */
@Injectable()
export class StatusRecorder {
  constructor(
    private readonly client: ObjectClient,
    private readonly cache: VisualisationCache,
  ) {}

  /**
   * @param made undefined: as it is
   * @returns whether the instance has become ready, or unready for another reason, or is refused for other faults; false where the resource is gone or is another
   * @throws KubernetesError
   */
  async record(record: VisualisationRecord, readiness: Readiness, made: Made | undefined, now: Date): Promise<boolean> {
    const status = makeStatus(record, readiness, made, now);
    if (isDeepStrictEqual(plain(status), plain(record.status))) return false;
    if (!(await this.patch(record, status))) return false;
    const before = readyCondition(record.status);
    const after = readyCondition(status);
    if (before?.status !== after?.status || before?.reason !== after?.reason) return true;
    return isRefusal(after?.reason) && before?.message !== after?.message;
  }

  private async patch(record: VisualisationRecord, status: VisualisationStatus): Promise<boolean> {
    try {
      await this.cache.writeStatus(instanceKey(record.namespace, record.name), () =>
        this.client.patchStatus<DataVisualisation>('datavisualisations', record, toPatch(status, record.status)),
      );
      return true;
    } catch (error) {
      if (!(error instanceof KubernetesError) || !['not-found', 'conflict'].includes(error.failure)) throw error;
      const actual = await this.client.get<DataVisualisation>('datavisualisations', record.namespace, record.name);
      if (actual?.metadata?.uid !== record.uid) return false;
      if (error.failure === 'conflict') throw error;
      throw new KubernetesError(
        'failed',
        `${KIND} ${record.name} has no subresource status: apply the CustomResourceDefinition of this server (k8s-manifests/visualisations/crd.yaml)`,
      );
    }
  }
}

/** A merge patch: what a former status has and this one has not must be named. */
function toPatch({ viz, ...status }: VisualisationStatus, former: VisualisationStatus): object {
  if (!viz) return status;
  const none = ['project', 'gateway', ...Object.keys(former.viz ?? {})].map((key) => [key, null]);
  return { ...status, viz: { ...Object.fromEntries(none), ...viz } };
}

/** As JSON, which has no undefined. */
function plain(status: VisualisationStatus): unknown {
  return JSON.parse(JSON.stringify(status));
}
