import type { Kysely } from 'kysely';
import type { Tables } from './tables.js';

/** What is asked together, so that what is slow holds up nothing of another kind. */
export type Lane = 'records' | 'searches' | 'counts' | 'sweeps';

/** Milliseconds that a statement may take. A client waits for no more than 2 s: to connect, and for one or two statements. */
export const STATEMENT: Readonly<Record<Lane, number>> = {
  records: 1150,
  searches: 1150,
  counts: 50,
  sweeps: 30_000,
};

/** Milliseconds that a call may take, whatever it does. */
export const CALL: Readonly<Record<Lane, number>> = { records: 1900, searches: 1900, counts: 300, sweeps: 60_000 };

/** The database, through one way for each kind of question. */
export interface Lanes {
  /** For people: which database, without its password. */
  readonly description: string;
  /** Whether a call without an answer means that the database is away; else it is busy. */
  readonly remote: boolean;
  lane(lane: Lane): Kysely<Tables>;
  /** One connection without limits of time. */
  unlimited<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
