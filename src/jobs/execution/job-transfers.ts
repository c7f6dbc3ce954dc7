import { Injectable } from '@nestjs/common';
import type { JsonDocument } from '../../json/unread-value.js';
import type { OutputDescription } from '../../processes/description/process-description.js';
import type { JobRecord } from '../model/job-record.js';

/** A job that is about to be made. */
export interface TransferRequest {
  readonly jobId: string;
  readonly jobName: string;
  readonly now: Date;
  readonly outputs: Readonly<Record<string, OutputDescription>>;
  /** Where they are too large for an environment variable. */
  readonly largeInputs?: JsonDocument;
}

/** What a job is given so that it can exchange files. */
export interface TransferOffer {
  readonly annotations: Readonly<Record<string, string>>;
  /** Of the main container. Holds the job's capability: not to be shown. */
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  /** Takes everything back; the job was not made. */
  withdraw(): Promise<void>;
}

/** How files of inputs and outputs get to jobs and from them. */
export abstract class JobTransfer {
  /** Whether files can be exchanged, so that inputs of any size reach a job. */
  abstract readonly isAvailable: boolean;
  /**
   * @returns undefined where files cannot be exchanged
   * @throws ObjectStoreError where large inputs cannot be stored now
   */
  abstract offer(request: TransferRequest): Promise<TransferOffer | undefined>;
  /**
   * Removes what a job no longer needs: its large inputs, uploads that are no results. From here its capability is worth nothing. May be done again.
   * @throws ObjectStoreError, KubernetesError
   */
  abstract discard(job: JobRecord): Promise<void>;
}

/** The {@link JobTransfer} of the server, where it has one: its module registers it in its `onModuleInit`. */
@Injectable()
export class JobTransfers extends JobTransfer {
  private registered: JobTransfer | undefined;

  register(transfer: JobTransfer): void {
    this.registered = transfer;
  }

  override get isAvailable(): boolean {
    return this.registered?.isAvailable ?? false;
  }

  override async offer(request: TransferRequest): Promise<TransferOffer | undefined> {
    return this.registered?.offer(request);
  }

  override async discard(job: JobRecord): Promise<void> {
    await this.registered?.discard(job);
  }
}
