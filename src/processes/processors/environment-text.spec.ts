import { describe, expect, it, test } from '@jest/globals';
import { load, manager } from '../../config/testing/loading.js';
import { validateDefinition } from '../../config/validation.js';
import { GenericImageDefinition } from './generic-image/generic-image.processor.js';
import { makePodSpec } from './make-pod-spec.js';

/** What the variable of a pod is whose value stands so in the file. */
function valueOf(value: string, environment: NodeJS.ProcessEnv = {}) {
  const content = `${manager}
resources:
  p:
    type: process
    processor: { name: Some, default_image: busybox, env: [&e { name: OTHER, value: x }] }
  q:
    type: process
    processor:
      name: Some
      default_image: busybox
      env:
      - { <<: *e, name: SECOND }
      - name: VALUE
        value: ${value}
`;
  const [, process] = load(content, { environment }).configuration.processes;
  const read = validateDefinition(GenericImageDefinition, process?.processor, 'c.yaml', 'p');
  expect(read.faults).toEqual([]);
  return makePodSpec(read.value, { name: 'main', image: 'busybox' }).containers[0]?.env?.[1]?.value;
}

describe('a variable of a pod has what Python made of the file', () => {
  test.each([
    ['1024', '1024'],
    ['1.0', '1.0'],
    ['1.10', '1.1'],
    ['0.0', '0.0'],
    ['-1_0.50', '-10.5'],
    ['0.00001', '1e-05'],
    ['1.5e+20', '1.5e+20'],
    ['1.0e+16', '1e+16'],
    ['1234567890123456.0', '1234567890123456.0'],
    ['.inf', 'inf'],
    ['.NaN', 'nan'],
    ['12345678901234567890', '12345678901234567890'],
    ['-9007199254740993', '-9007199254740993'],
    ['9_007_199_254_740_993', '9007199254740993'],
    ['0xFFFFFFFFFFFFFFFF', '18446744073709551615'],
    ['0777777777777777777777', '9223372036854775807'],
    ['0123', '83'],
    ['-0', '0'],
    ['08', '08'],
    ['08:30', '08:30'],
    ['12:30', '750'],
    ['1e5', '1e5'],
    ['2026-01-01', '2026-01-01'],
    ['on', 'True'],
    ['false', 'False'],
    ['"1.0"', '1.0'],
    ["''", ''],
  ])('%s is %j', (value, expected) => {
    expect(valueOf(value)).toBe(expected);
  });
});

describe('a variable of a pod that comes from the environment', () => {
  test.each([
    ['${GIVEN}', 'true', 'true'],
    ['${GIVEN}', 'no', 'no'],
    ['${GIVEN}', 'null', 'null'],
    ['${GIVEN}', '', ''],
    ['${GIVEN}', '1.0', '1.0'],
    ['${GIVEN}', '+5', '5'],
    ['${GIVEN}', '007', '007'],
    ['${GIVEN}', '12345678901234567890', '12345678901234567890'],
    ['${NOT_GIVEN:-}', undefined, ''],
    ['${NOT_GIVEN:-false}', undefined, 'false'],
    ['${NOT_GIVEN:-1.0}', undefined, '1.0'],
    ['${GIVEN}.5', '1', '1.5'],
    ['v${GIVEN}', '1', 'v1'],
  ])('%s, which holds %j, is %j', (value, GIVEN, expected) => {
    expect(valueOf(value, { GIVEN })).toBe(expected);
  });
});

it('a variable that no file holds is as it is given', () => {
  const definition = {
    name: 'x',
    default_image: 'y',
    env: [
      { name: 'A', value: 1 },
      { name: 'B', value: true },
    ],
  };
  const { value } = validateDefinition(GenericImageDefinition, definition, 'c.yaml', 'p');
  expect(makePodSpec(value, { name: 'main', image: 'y' }).containers[0]?.env).toEqual([
    { name: 'A', value: '1' },
    { name: 'B', value: 'True' },
  ]);
});
