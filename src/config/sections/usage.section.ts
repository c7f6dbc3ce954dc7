import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';
import { satisfies, secondsOf } from '../constraints.js';

/** What jobs use: `usage` of the file. */
export interface UsageSettings {
  /** Seconds between two samples of what pods use, where the cluster tells it; undefined: nothing is measured. */
  readonly measured?: number;
}

/** As often as metrics-server looks, at its defaults, there is something new. */
const SHORTEST = 15;
const LONGEST = 3600;
const USUAL = 30;

/** True, false, or the time between two samples. */
const Interval = (): PropertyDecorator =>
  satisfies(
    'interval',
    `true, false, or a time of at least ${SHORTEST} seconds and at most ${LONGEST}, such as 30s or 5m`,
    (value) => typeof value === 'boolean' || (Number(value) >= SHORTEST && Number(value) <= LONGEST),
  );

export class UsageDefinition {
  @IsOptional()
  @Transform(({ value }) => (typeof value === 'boolean' ? value : (secondsOf(value) ?? (value as unknown))))
  @Interval()
  measured?: boolean | number | null;
}

export function toUsage({ measured }: UsageDefinition): UsageSettings {
  if (measured === false) return {};
  return { measured: typeof measured === 'number' ? measured : USUAL };
}
