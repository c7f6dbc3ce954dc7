import type { LogFields } from './log-fields.js';

/** What one line of the log is made of. */
export interface LogRecord {
  readonly time: Date;
  readonly level: RecordLevel;
  /** Python's number of the level. */
  readonly levelNumber: number;
  /** What logs: a class or a subject of this server. */
  readonly name: string;
  readonly message: string;
  /** Where it tells of a failure. */
  readonly error?: Error;
  /** Of the failure, where there is nothing of it but this. */
  readonly stack?: string;
  /** What else was given: objects. */
  readonly data?: unknown;
  /** Default: none. */
  readonly fields?: LogFields;
  /** Where in a trace. */
  readonly trace?: { readonly traceId: string; readonly spanId: string };
  /** Of an HTTP request that was answered. */
  readonly http?: HttpFields;
  /** The operating system's. */
  readonly processId: number;
  /** Milliseconds since the server started. */
  readonly sinceStart: number;
}

/** Python's names. */
export type RecordLevel = 'CRITICAL' | 'ERROR' | 'WARNING' | 'INFO' | 'DEBUG';

export interface HttpFields {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
  /** Who asked, and how that was proven; absent: nobody has said. */
  readonly subject?: string;
  readonly means?: string;
}
