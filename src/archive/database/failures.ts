/** What is to be done about what a driver threw. */
export type Failure =
  /** There is no database, or none that lets this server in. */
  | 'away'
  /** It answers, and cannot do this now: no room on its disk, a standby, a lock. */
  | 'unable'
  /** The statement took longer than it may. */
  | 'too-long'
  /** All connections are in use. */
  | 'busy'
  /** A mistake, of this server or in what it was given. */
  | 'fault';

/** A call that was given up. */
export class NoAnswerError extends Error {
  constructor() {
    super('there was no answer in time');
    this.name = 'NoAnswerError';
  }
}

/** All connections are in use. */
export class BusyError extends Error {
  constructor() {
    super('all connections are in use');
    this.name = 'BusyError';
  }
}

/** By SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html): its first two characters are the class. */
export function failureOf(error: unknown): Failure {
  if (error instanceof BusyError) return 'busy';
  const code = sqlStateOf(error);
  if (code === undefined) return 'away';
  if (code === '57014') return 'too-long';
  if (AWAY.some((start) => code.startsWith(start))) return 'away';
  return UNABLE.some((start) => code.startsWith(start)) ? 'unable' : 'fault';
}

/**
 * No connection, no such user or database, too many connections, it starts or ends; no such schema, table or instance, as after a dump was
 * restored or all was dropped: it is prepared anew.
 */
const AWAY = ['08', '28', '3D', '3F000', '42P01', '23503', '53300', '57P'];
/** Read only, rolled back, no resources, locked, in the way of an operator, errors of its system and of its files. */
const UNABLE = ['25', '40', '53', '55', '57', '58', 'XX'];

export function sqlStateOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E') ? code : undefined;
}

/** In one line. Drivers name hosts, users and databases, never passwords. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ');
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
