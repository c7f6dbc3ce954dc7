/**
 * What the archive keeps of a Kubernetes Job: enough that whatever is asked of the job later is answered as from the Job itself. Annotations
 * are those that were believed when it was archived, without signatures: who may write to the database is believed.
 */
export interface ArchivedObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    /** RFC 3339, to the second. */
    readonly creationTimestamp: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  /** Of the pod template nothing but its labels. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: Readonly<Record<string, unknown>>;
  /** What was known against its annotations then: `processUnsigned`, `disputed`, `wronglySigned`, `signedElsewhere` of the record. */
  readonly standing?: Readonly<Record<string, unknown>>;
}

export type ArchivedStatus = 'successful' | 'failed' | 'dismissed';

/** What a job took. */
export interface JobUsage {
  /** From the first container's start to the last one's end, all attempts; 0 where none started. */
  readonly seconds: number;
  /** Requested processors × seconds; 0 where nothing is requested. */
  readonly cpuSeconds: number;
  /** Requested bytes × seconds. */
  readonly memoryByteSeconds: number;
  /** The same as the cluster measured it; absent where it does not. */
  readonly usedCpuSeconds?: number;
  readonly usedMemoryByteSeconds?: number;
}

/** Where a record stands in lists: newest first, as `newestFirst` of jobs has it. */
export interface ArchivePosition {
  readonly created: Date;
  /** Milliseconds since the epoch. */
  readonly requestedAt?: number;
  /** Of the Job. */
  readonly name: string;
}

/** A job that has ended, as it is kept and searched. */
export interface ArchivedJob extends ArchivePosition {
  readonly jobId: string;
  /** Of the Job. */
  readonly uid: string;
  /** What {@link object} is, as 16 hexadecimal digits; noted on the Job as well. */
  readonly state: string;
  readonly processId: string;
  readonly processUnsigned?: true;
  /** Label of its owner; absent: nobody's. */
  readonly owner?: string;
  readonly ownerName?: string;
  readonly tags: readonly string[];
  readonly status: ArchivedStatus;
  /** Of one that failed. */
  readonly cause?: string;
  readonly message: string;
  readonly started?: Date;
  readonly finished: Date;
  /** When its results are to be removed from the store; absent: never, or they are. */
  readonly resultsExpire?: Date;
  /** Digest of what its `Idempotency-Key` stands for. */
  readonly idempotencyDigest?: string;
  readonly usage: JobUsage;
  readonly object: ArchivedObject;
}

/** What stays of a job that was removed: that it was there, and what it took. Nothing that is written later revives it. */
export interface Tombstone {
  readonly jobId: string;
  readonly removed: Date;
}
