import { Injectable } from '@nestjs/common';
import { createHash, randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { Configuration } from '../config/configuration.js';
import type { JsonDocument } from '../json/unread-value.js';
import { declaredMediaType } from '../processes/description/process-metadata.js';
import { JobTransfer, type TransferOffer, type TransferRequest } from '../jobs/execution/job-transfers.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { environmentVariable, ownAnnotation } from '../k8s/names.js';
import { ObjectStore, ObjectStoreError } from '../object-store/object-store.js';
import { putWhole } from '../object-store/whole-object.js';
import { makeCapability } from './capability.js';
import { FilePolicy } from './file-policy.js';
import { InternalAddress } from './internal-address.js';
import { mostOfAnOutput } from './output-ceilings.js';
import { TRANSFER_PATH } from './transfer.routes.js';
import { uploadsOf } from './upload-records.js';

/** Gives jobs the addresses and the capability by which they exchange files, and takes away what is left of it in the end. */
@Injectable()
export class JobOffers extends JobTransfer {
  constructor(
    private readonly store: ObjectStore,
    private readonly client: KubernetesClient,
    private readonly address: InternalAddress,
    private readonly configuration: Configuration,
    private readonly policy: FilePolicy,
  ) {
    super();
  }

  override get isAvailable(): boolean {
    return this.address.base() !== undefined && this.store.uploads !== undefined;
  }

  override async offer(request: TransferRequest): Promise<TransferOffer | undefined> {
    const base = this.address.base();
    if (base === undefined || !this.store.uploads) return undefined;
    const outputs = this.policy.refusal() === undefined ? Object.entries(request.outputs) : [];
    if (outputs.length === 0 && request.largeInputs === undefined) return undefined;
    const { capability, digest } = makeCapability();
    const to = (path: string) => `${base}${TRANSFER_PATH}/${request.jobId}/${path}?capability=${capability}`;
    const inputs = request.largeInputs === undefined ? undefined : await this.keep(request, request.largeInputs);
    const targets = outputs.map(([id, output]) => {
      const mediaType = declaredMediaType(output);
      const target = {
        url: to(`outputs/${encodeURIComponent(id)}`),
        ...(mediaType === undefined ? {} : { mediaType }),
        maxBytes: mostOfAnOutput(this.configuration.server),
      };
      return [id, target] as const;
    });
    return {
      annotations: {
        [ownAnnotation.transfer]: JSON.stringify({ capability: digest, ...(inputs === undefined ? {} : { inputs }) }),
      },
      environment: [
        ...(inputs === undefined ? [] : [{ name: environmentVariable.inputsUrl, value: to('inputs') }]),
        ...(targets.length > 0
          ? [{ name: environmentVariable.outputs, value: JSON.stringify(Object.fromEntries(targets)) }]
          : []),
      ],
      withdraw: async () => {
        if (inputs !== undefined) await this.store.remove(inputs);
      },
    };
  }

  override async discard(job: JobRecord): Promise<void> {
    if (!job.transfer) return;
    if (job.transfer.inputs !== undefined) await this.store.remove(job.transfer.inputs);
    const kubeJob = await this.client.getJob(job.name);
    if (kubeJob?.metadata?.uid !== job.uid) return;
    const uploads = uploadsOf(
      job,
      kubeJob.metadata.annotations?.[ownAnnotation.uploads],
      this.configuration.environment.bucket.pathPrefix,
    );
    const kept = new Set([...(job.outputs?.values() ?? [])].map(({ key }) => key));
    for (const { key, id, before } of uploads.values()) {
      await this.store.uploads?.abort({ key, id });
      if (before) await this.store.uploads?.abort(before);
      if (!kept.has(key)) await this.store.remove(key);
    }
  }

  /** Under a key that nobody guesses and no other execution of the same job has. */
  private async keep({ jobName, now }: TransferRequest, inputs: JsonDocument): Promise<string> {
    const { pathPrefix } = this.configuration.environment.bucket;
    const key = `${pathPrefix}${now.toISOString().slice(0, 10)}_${jobName}-inputs-${randomUUID()}.json`;
    const hash = createHash('sha256');
    await pipeline(inputs.body(), hash);
    const kept = await putWhole(this.store, key, {
      contentType: 'application/json',
      size: inputs.size,
      sha256: hash.digest('hex'),
      body: inputs.body,
      owner: { job: jobName },
    });
    if (!kept) throw new ObjectStoreError('failed', `${this.store.description}: ${key} is another's`, true);
    return key;
  }
}
