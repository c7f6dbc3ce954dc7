import { describe, expect, it } from '@jest/globals';
import type { V1Container } from '@kubernetes/client-node';
import { InputsTooLargeError } from '../../ogc/domain-errors.js';
import { assertPodFits } from './pod-size.js';

const check = (container: Partial<V1Container>) => () =>
  assertPodFits({ containers: [{ name: 'main', image: 'busybox', ...container }] });

describe('a pod made of inputs', () => {
  it('fits where each argument and each variable does', () => {
    expect(check({ command: ['sh'], args: ['x'.repeat(131_071)], env: [{ name: 'A' }] })).not.toThrow();
    expect(check({ args: ['$$'.repeat(131_071)] })).not.toThrow();
    expect(check({ env: [{ name: 'A', value: 'x'.repeat(131_069) }] })).not.toThrow();
  });

  it.each<[Partial<V1Container>, string]>([
    [{ command: ['sh'], args: ['x'.repeat(131_072)] }, 'make argument 1 of container "main" 131072 bytes long'],
    [{ env: [{ name: 'A', value: 'ä'.repeat(65_535) }] }, 'make the variable A of container "main" 131072 bytes long'],
    [{ args: Array.from({ length: 10 }, () => 'x'.repeat(100_000)) }, 'make a pod of 10000'],
  ])('is refused where one does not (%#)', (container, reason) => {
    expect(check(container)).toThrow(InputsTooLargeError);
    expect(check(container)).toThrow(reason);
  });
});
