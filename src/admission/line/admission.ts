/** What a Job says of its turn. */
export interface Admission {
  readonly state: 'waiting' | 'admitted';
  /** When it was admitted, milliseconds since the epoch. */
  readonly at?: number;
  /** The keyed hash of whose it is; empty where somebody took it off. */
  readonly caller: string;
  /** One of `queue_priorities`, by name. */
  readonly priority?: string;
  /** How many jobs of the caller may run at the same time, as it was when the Job was made; absent: as for all callers. */
  readonly running?: RunningLimit;
}

/** How many jobs may run at the same time. */
export type RunningLimit = number | 'none';

/** Of a Job that is to wait for its turn. */
export const WAITING = 'waiting';
const ADMITTED = 'admitted@';

export function admittedAt(at: Date): string {
  return ADMITTED + at.toISOString();
}

/** @returns undefined for a Job without a turn, and for what nobody here has written */
export function parseAdmission(
  annotation: string | undefined,
  caller = '',
  priority?: string,
  running?: string,
): Admission | undefined {
  const limit = parseRunning(running);
  const whose = {
    caller,
    ...(priority === undefined ? {} : { priority }),
    ...(limit === undefined ? {} : { running: limit }),
  };
  if (annotation === WAITING) return { state: 'waiting', ...whose };
  if (!annotation?.startsWith(ADMITTED)) return undefined;
  const at = Date.parse(annotation.slice(ADMITTED.length));
  return { state: 'admitted', ...whose, ...(Number.isNaN(at) ? {} : { at }) };
}

function parseRunning(text: string | undefined): RunningLimit | undefined {
  if (text === 'none') return text;
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
