import { isMapping } from '../../../config/validation.js';
import { parseObject } from '../annotations/job-annotations.js';

/**
 * What the containers of one pod used, all together: the mean of what the cluster's metrics said of it while it ran, for as long as it ran.
 * Noted when its log is collected, for whoever took the samples forgets them; of a run that was set aside with the attempt.
 */
export interface Used {
  /** Processors × seconds. */
  readonly cpuSeconds: number;
  /** Bytes (of the working set) × seconds. */
  readonly memoryByteSeconds: number;
  /** The most bytes of any sample: between two it may have been more. */
  readonly memoryPeakBytes: number;
  /** How many samples there were. */
  readonly samples: number;
}

/** What an annotation says of it; no record of a job holds it in memory. @returns undefined where it says nothing */
export function parseUsed(text: string | undefined): Used | undefined {
  return toUsed(parseObject(text));
}

/** Undefined for what is not as a server writes it. */
export function toUsed(value: unknown): Used | undefined {
  if (!isMapping(value)) return undefined;
  const { cpuSeconds, memoryByteSeconds, memoryPeakBytes, samples } = value;
  const numbers = [cpuSeconds, memoryByteSeconds, memoryPeakBytes, samples];
  if (!numbers.every((each) => typeof each === 'number' && Number.isFinite(each) && each >= 0)) return undefined;
  return { cpuSeconds, memoryByteSeconds, memoryPeakBytes, samples } as Used;
}

/** Of several pods of one job; undefined where none was measured. */
export function allUsed(each: readonly (Used | undefined)[]): Used | undefined {
  const known = each.filter((used) => used !== undefined);
  if (known.length === 0) return undefined;
  const sum = (of: (used: Used) => number) => known.reduce((total, used) => total + of(used), 0);
  return {
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    memoryByteSeconds: sum(({ memoryByteSeconds }) => memoryByteSeconds),
    memoryPeakBytes: Math.max(...known.map(({ memoryPeakBytes }) => memoryPeakBytes)),
    samples: sum(({ samples }) => samples),
  };
}
