import { numberOf } from './shape-of-schema.js';

type Members = Readonly<Record<string, unknown>>;

export interface NumberLimits {
  readonly min?: number;
  readonly max?: number;
  readonly step: number | 'any';
}

/**
 * What a control for a number takes. It counts steps from its least value, JSON Schema multiples from 0, so that the least is a
 * multiple; where that cannot be said exactly, any number is taken, and the validation decides.
 * @param base what stands in it at first: without a least value it counts from that
 */
export function numberLimits(schema: Members, isInteger: boolean, base?: number): NumberLimits {
  const [above, below] = [schema['exclusiveMinimum'], schema['exclusiveMaximum']];
  const least = numberOf(above) ?? numberOf(schema['minimum']);
  const most = numberOf(below) ?? numberOf(schema['maximum']);
  const multiple = numberOf(schema['multipleOf']);
  const step = multiple !== undefined && multiple > 0 ? multiple : isInteger ? 1 : undefined;
  if (step === undefined || !Number.isInteger(step)) {
    const isCounted = step !== undefined && isMultiple(least ?? base ?? 0, step);
    return { ...limit('min', least), ...limit('max', most), step: isCounted ? step : 'any' };
  }
  if (least === undefined && base !== undefined && !isMultiple(base, step))
    return { ...limit('max', most), step: 'any' };
  const min = least === undefined ? undefined : Math.ceil(least / step) * step;
  const max = most === undefined ? undefined : Math.floor(most / step) * step;
  const isAbove = above !== undefined && above !== false && min === least;
  const isBelow = below !== undefined && below !== false && max === most;
  return {
    ...limit('min', min === undefined ? undefined : isAbove ? min + step : min),
    ...limit('max', max === undefined ? undefined : isBelow ? max - step : max),
    step,
  };
}

function isMultiple(value: number, step: number): boolean {
  return Math.abs(value / step - Math.round(value / step)) < 1e-9;
}

function limit<Name extends 'min' | 'max'>(name: Name, value: number | undefined): { readonly [N in Name]?: number } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [N in Name]?: number };
}
