import type { Ran } from './run/ran.js';
import type { Used } from './run/used.js';

/** Why a job failed, as a word for programs. */
export type CauseType =
  | 'image-pull-failed'
  | 'unschedulable'
  | 'not-started'
  | 'not-admitted'
  | 'queue-not-found'
  | 'deactivated'
  | 'container-not-created'
  | 'out-of-memory'
  | 'deadline-exceeded'
  | 'evicted'
  | 'pod-deleted'
  | 'preempted'
  | 'suspended'
  | 'non-zero-exit'
  | 'result-lost'
  | 'result-too-large'
  | 'result-damaged'
  | 'result-incomplete'
  | 'result-invalid'
  | 'result-missing'
  | 'record-disputed'
  | 'failed';

/** Why a job failed, as something that a person can act on. Holds nothing of the job's log. */
export interface JobCause {
  readonly type: CauseType;
  readonly message: string;
  readonly container?: string;
  readonly exitCode?: number;
}

/** Something in which a result is not what it is called. */
export interface ResultProblem {
  /** Of the output; absent: the result without a name. */
  readonly output?: string;
  /** JSON Pointer into the result; absent: the whole of it. */
  readonly pointer?: string;
  /** A sentence part whose subject is the result. */
  readonly message: string;
}

/** How a job ended; written to the Kubernetes Job once, so that a status needs neither events nor pods that survive. */
export interface JobOutcome {
  readonly status: 'successful' | 'failed' | 'dismissed';
  /** RFC 3339; when the pod of the first attempt got its node, absent where none did, and in what earlier versions wrote. */
  readonly scheduled?: string;
  /** RFC 3339; when the first container started, absent where none did. */
  readonly started?: string;
  /** RFC 3339; when the last container ended, or when the job was dismissed. */
  readonly finished: string;
  /** Where it ran, and what; in no record of a job, see {@link parseRan}. */
  readonly ran?: Ran;
  readonly cause?: JobCause;
  /** The main container's log is not whole (`cut`), or not known to be (`unknown`); absent: it is. */
  readonly log?: 'cut' | 'unknown';
  /** Last lines of the failed container's log; shown only to those who may read the log. */
  readonly logTail?: string;
  /** What is wrong with its results, which are given all the same; absent: nothing, as far as it was looked for. */
  readonly resultProblems?: readonly ResultProblem[];
}

/** One attempt of a job that failed or was suspended, and that another followed, or is to follow. */
export interface JobAttempt {
  /** Name and UID of its pod. */
  readonly pod: string;
  readonly uid: string;
  /** RFC 3339; absent where no container started. */
  readonly started?: string;
  /** RFC 3339. */
  readonly finished: string;
  readonly cause: JobCause;
  /** Its Job was suspended: Kubernetes does not count it; absent, too, in what earlier versions noted, whose cause is `suspended`. */
  readonly uncounted?: true;
  /** Key of its log in the object store. */
  readonly logKey: string;
  /** Bytes of its log, and `sha256:` and their digest; absent in what earlier versions noted. */
  readonly logSize?: number;
  readonly logDigest?: string;
  /** What its pod used, where the cluster tells. */
  readonly used?: Used;
}

/** A log in the object store. */
export interface StoredLog {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
}

/** When the log of a pod's main container began. */
export interface LogStart {
  /** The pod's UID. */
  readonly pod: string;
  /** The time of the first line, to the nanosecond. */
  readonly first: string;
}

/** A result that is kept in the object store. */
export interface StoredResult {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly mediaType: string;
  /** Nothing proves that its bytes are those that were sent; only of files. */
  readonly unverified?: true;
}

/** A result under an output's id that is kept in the Job itself. */
export interface InlineOutput extends Omit<StoredResult, 'key'> {
  readonly value: string;
  /** Of bytes that are no text; absent: the value is the text. */
  readonly encoding?: 'base64';
}

export type RecordedOutput = StoredResult | InlineOutput;

/** What is kept in memory of a result under an output's id: without `key` its value is in the Job's annotation. */
export type OutputRecord = Omit<StoredResult, 'key'> & { readonly key?: string };

/** What a job gave for its outputs is wrong, so that it has failed. Nothing will change that. */
export class ResultFault extends Error {
  constructor(
    readonly type: Extract<CauseType, `result-${string}`>,
    message: string,
  ) {
    super(message);
    this.name = 'ResultFault';
  }
}

/** Of a job that may exchange files; its annotation. */
export interface TransferRecord {
  /** `sha256:` and the digest of the capability. */
  readonly capability: string;
  /** Key of its inputs in the object store, where they are too large for a variable. */
  readonly inputs?: string;
}

/** What the execute request asked of the answer; kept with the job, for its results are asked for later. */
export interface RequestedResponse {
  readonly response: 'raw' | 'document';
  /** Ids of the outputs asked for; absent: all. */
  readonly outputs?: readonly string[];
  /** Ids of those that are wanted by reference; absent: none. */
  readonly references?: readonly string[];
  /** The version of OGC API - Processes that the request was written for; absent: 1.0. */
  readonly version?: '2.0';
}
