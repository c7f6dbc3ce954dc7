import type { ArchivedObject } from '../records/archived-job.js';

/** The schema that all of the archive stands in. */
export const SCHEMA = 'ogc_processes';

/** Names of instances, so that rows and indexes hold a number in their place. */
export interface InstancesTable {
  readonly id: number;
  readonly name: string;
}

/**
 * A row is a record, or what is left of one: `removed` is set then, and no list has it. Of one that was removed before it was archived
 * there may be nothing but `instance`, `job_id` and `removed`. Text is as PostgreSQL can hold it.
 */
export interface JobsTable {
  readonly instance: number;
  readonly job_id: string;
  readonly uid: string;
  readonly state: string;
  /** Of the Job. */
  readonly name: string;
  readonly process_id: string;
  readonly process_unsigned: boolean;
  readonly owner: string | null;
  readonly owner_name: string | null;
  readonly tags: readonly string[];
  readonly status: string;
  readonly cause: string | null;
  readonly message: string;
  /** What `q` looks for in every record: id and tags, in lower case. */
  readonly words: string;
  /** What `q` looks for where it may be read: the message, in lower case. */
  readonly said: string;
  readonly created: Date;
  /** Milliseconds since the epoch; 0 where it is not known, which sorts so. */
  readonly requested_at: string | number;
  readonly started: Date | null;
  readonly finished: Date | null;
  /** Milliseconds from start to end. */
  readonly duration: string | number | null;
  readonly results_expire: Date | null;
  readonly idempotency_digest: string | null;
  readonly seconds: number;
  readonly cpu_seconds: number;
  readonly memory_byte_seconds: number;
  readonly used_cpu_seconds: number | null;
  readonly used_memory_byte_seconds: number | null;
  /** Null of one that was removed, once nothing of it is in the store. */
  readonly object: ArchivedObject | null;
  readonly removed: Date | null;
}

/** Sums of all rows that have `finished`, by what stands before `jobs`; kept by triggers, so that nothing else writes it. */
export interface UsageTable {
  readonly instance: number;
  /** First days of months. */
  readonly created_month: Date;
  readonly finished_month: Date;
  readonly process_id: string;
  readonly process_unsigned: boolean;
  readonly owner: string | null;
  readonly owner_name: string | null;
  /** 0 until it is swept. */
  readonly jobs: number;
  readonly seconds: number;
  readonly cpu_seconds: number;
  readonly memory_byte_seconds: number;
  readonly used_cpu_seconds: number;
  /** Of how many jobs it is known. */
  readonly used_cpu_jobs: number;
  readonly used_memory_byte_seconds: number;
  readonly used_memory_jobs: number;
}

/** Names with their schema. */
export interface Tables {
  readonly 'ogc_processes.instances': InstancesTable;
  readonly 'ogc_processes.jobs': JobsTable;
  readonly 'ogc_processes.usage': UsageTable;
}

export const JOBS = 'ogc_processes.jobs';
export const INSTANCES = 'ogc_processes.instances';
export const USAGE = 'ogc_processes.usage';
