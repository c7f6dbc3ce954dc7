import { describe, expect, it } from '@jest/globals';
import { FULL_HEAP, HostileBed } from '../../support/hostile-bed.js';
import { assertLinearTime } from '../../support/linear-time.js';
import { SHIPPED_CONFIGURATION } from '../../support/test-bed.js';

/** The schemas of one process; what is in them would have other validators compare everything with everything, or go back. */
const PROCESS = `
  schemas:
    type: process
    processor:
      <<: *image
      metadata:
        <<: *both
        inputs:
          pattern: { minOccurs: 0, schema: { type: string, pattern: '^(a|aa)+$' } }
          patterns: { minOccurs: 0, schema: { type: object, patternProperties: { '^(x+)+y$': { type: number } }, additionalProperties: { type: string } } }
          unique: { minOccurs: 0, schema: { type: array, uniqueItems: true, items: { type: object } } }
          formats: { minOccurs: 0, schema: { type: array, items: { type: string, format: uri } } }
          format: { minOccurs: 0, schema: { type: string, format: email } }
          alternatives: { minOccurs: 0, schema: { type: array, items: { oneOf: [{ type: integer }, { type: object, required: [a] }, { type: string, maxLength: 3 }] } } }
          enumerated: { minOccurs: 0, schema: { type: array, items: { enum: [{ a: 1 }, [1], b] } } }
          tree:
            minOccurs: 0
            schema:
              $ref: '#/$defs/node'
              $defs:
                node:
                  type: object
                  properties:
                    children: { type: array, items: { $ref: '#/$defs/node' } }
                    or: { anyOf: [{ $ref: '#/$defs/node' }, { $ref: '#/$defs/node' }] }
                  additionalProperties: false
        outputs: { lines: { schema: { type: string } } }
`;

type Make = (count: number) => unknown;
const list = <T>(count: number, item: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => item(n));
const nested = (depth: number): object => (depth === 0 ? { no: 1 } : { or: nested(depth - 1) });

interface Verdict {
  readonly status: number;
  readonly errors: readonly { readonly message: string }[];
}

/** Says that ten times the input takes ten times the time, whether it fits or not. */
async function assertLinear(hostile: HostileBed, process: string, bodyOf: (count: number) => object, status: number) {
  const validate = async (body: string): Promise<Verdict> => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${hostile.bed.url}/processes/${process}/validation`, {
      method: 'POST',
      headers,
      body,
    });
    const { errors = [] } = (await response.json()) as { errors?: Verdict['errors'] };
    return { status: response.status, errors };
  };
  await assertLinearTime(4_000, async (count, times) => {
    const body = JSON.stringify(bodyOf(count));
    const { processorTime, memory } = await hostile.costOf(async () => {
      for (let n = 0; n < times; n++) {
        const verdict = await validate(body);
        expect(verdict.status).toBe(status);
        expect(verdict.errors.length).toBeLessThanOrEqual(100);
      }
    });
    expect(memory).toBeLessThan(FULL_HEAP);
    return processorTime;
  });
}

describe('schemas of processes', () => {
  let hostile: HostileBed;
  HostileBed.forSuite(
    (bed) => (hostile = bed),
    {},
    { configuration: (text) => text.replace('  unicode:\n', (next) => `${PROCESS.slice(1)}${next}`) },
  );

  it.each<[string, string, number, Make]>([
    ['a pattern, with what nearly fits', 'pattern', 400, (count) => `${'a'.repeat(count * 5)}b`],
    ['a pattern, with what fits', 'pattern', 200, (count) => 'a'.repeat(count)],
    [
      'patterns of names',
      'patterns',
      400,
      (count) => Object.fromEntries(list(count, (n) => [`${'x'.repeat(9)}${n}`, n])),
    ],
    ['unique objects', 'unique', 400, (count) => [...list(count, (n) => ({ n, o: { n } })), { n: 0, o: { n: 0 } }]],
    ['a format, of many', 'formats', 400, (count) => list(count, (n) => `no uri ${n}`)],
    ['a format, of one long text', 'format', 400, (count) => `${'a.'.repeat(count * 5)}@`],
    ['alternatives', 'alternatives', 400, (count) => list(count, (n) => ({ [`b${n}`]: n }))],
    ['values that are enumerated', 'enumerated', 400, (count) => list(count, (n) => ({ a: n, b: [n] }))],
    ['references to itself, beside each other', 'tree', 400, (count) => ({ children: list(count, () => ({ no: 1 })) })],
    ['references to itself, in each other', 'tree', 400, (count) => nested(Math.ceil(count / 200))],
  ])('with %s are compared with inputs in linear time', async (_name, input, status, make) => {
    await assertLinear(hostile, 'schemas', (count) => ({ inputs: { [input]: make(count) } }), status);
  });
});

describe('the shipped process echo', () => {
  let hostile: HostileBed;
  HostileBed.forSuite((bed) => (hostile = bed), { PYGEOAPI_CONFIG: SHIPPED_CONFIGURATION });

  it.each<[string, Make]>([
    ['stringInput', (count) => list(count, (n) => n)],
    ['arrayInput', (count) => list(count, (n) => `${n}`)],
    ['complexObjectInput', (count) => Object.fromEntries(list(count, (n) => [`property${n}`, {}]))],
    ['geometryInput', (count) => list(count, (n) => ({ type: `Point${n}` }))],
    ['imageInput', (count) => `${'abcd'.repeat(count)}${' '.repeat(count * 5)}!`],
    ['featureCollectionInput', (count) => ({ type: 'FeatureCollection', features: 5, more: list(count, (n) => n) })],
    ['dateInput', (count) => '2026-11-29T'.repeat(count)],
  ])('is told faults of a big %s in linear time', async (input, make) => {
    await assertLinear(hostile, 'echo', (count) => ({ inputs: { [input]: make(count) } }), 400);
  });
});
