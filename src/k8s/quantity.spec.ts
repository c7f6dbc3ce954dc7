import { describe, expect, it } from '@jest/globals';
import { scalarOf } from './quantity.js';

/** All forms of https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/. */
const QUANTITIES: readonly (readonly [quantity: string, scalar: number])[] = [
  ['12345678n', 0.012345678],
  ['250u', 0.00025],
  ['1500m', 1.5],
  ['0', 0],
  ['2', 2],
  ['.5', 0.5],
  ['5.', 5],
  ['+1.5', 1.5],
  ['-1', -1],
  ['3k', 3e3],
  ['3M', 3e6],
  ['1.5G', 1.5e9],
  ['2T', 2e12],
  ['1P', 1e15],
  ['1E', 1e18],
  ['512Ki', 524_288],
  ['1.5Mi', 1_572_864],
  ['3Gi', 3_221_225_472],
  ['1Ti', 2 ** 40],
  ['1Pi', 2 ** 50],
  ['1Ei', 2 ** 60],
  // Of bytes that are no whole number: adapters of Prometheus write them so.
  ['536870912500m', 536_870_912.5],
  ['129e6', 129e6],
  ['129E6', 129e6],
  ['1e-3', 0.001],
  ['1.5E+2', 150],
];

describe('a quantity', () => {
  it.each(QUANTITIES)('of %s is %d', (quantity, scalar) => {
    expect(scalarOf(quantity)).toBeCloseTo(scalar, 12);
  });

  it.each([undefined, '', 'much', '1K', '1i', '1ki', '1 Gi', '1.2.3', '.', '+', '1e', '1GiB', 'Ki', '1mi', 'NaN'])(
    'is none as %s',
    (quantity) => {
      expect(scalarOf(quantity)).toBe(0);
    },
  );
});
