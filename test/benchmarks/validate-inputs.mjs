import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import { SchemaCompiler } from '../../dist/processes/schema/schema-compiler.js';
import { milliseconds, percentile } from './measure.mjs';

const addFormats = addFormatsModule.default ?? addFormatsModule;
/** Each round compares the value so often: a few milliseconds, for processor time is told in ticks. */
const LEAST_ROUND = 20;
const ROUNDS = 15;
const MOST = 2;

const position = { type: 'array', minItems: 2, maxItems: 3, items: { type: 'number' } };
const repeat = (count, item) => Array.from({ length: count }, (_, index) => item(index));

/** What processes ask for as a rule, with what fits it. */
const inputs = {
  'a few scalars': [
    {
      type: 'object',
      required: ['name', 'count'],
      properties: {
        name: { type: 'string', maxLength: 100 },
        count: { type: 'integer', minimum: 0 },
        when: { type: 'string', format: 'date-time' },
        where: { type: 'string', format: 'uri' },
        how: { enum: ['fast', 'exact'] },
      },
      additionalProperties: false,
    },
    { name: 'a name', count: 5, when: '2026-11-29T12:00:00Z', where: 'https://example.org/a', how: 'exact' },
  ],
  '1,000 numbers': [
    { type: 'array', items: { type: 'number', minimum: 0, maximum: 1 } },
    repeat(1_000, (index) => index / 1_000),
  ],
  '1,000 texts with a simple pattern': [
    { type: 'array', items: { type: 'string', pattern: '^[A-Z]{2}-[0-9]+$' } },
    repeat(1_000, (index) => `AB-${index}`),
  ],
  '1,000 texts with a pattern that RE2 runs': [
    { type: 'array', items: { type: 'string', pattern: '^(?:[a-z]+-)*[a-z]+$' } },
    repeat(1_000, () => 'some-text-with-hyphens'),
  ],
  'a line of 1,000 positions, one of alternatives': [
    {
      oneOf: [
        { type: 'object', required: ['href'] },
        {
          type: 'object',
          required: ['type', 'coordinates'],
          properties: { type: { const: 'LineString' }, coordinates: { type: 'array', items: position } },
        },
      ],
    },
    { type: 'LineString', coordinates: repeat(1_000, (index) => [index / 10, -index / 20]) },
  ],
  'a tree of 1,000 nodes, by reference': [
    {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
        },
      },
    },
    { name: 'root', children: repeat(100, () => ({ children: repeat(9, (index) => ({ name: `${index}` })) })) },
  ],
  '200 unique objects': [{ type: 'array', uniqueItems: true }, repeat(200, (index) => ({ index, text: `${index}` }))],
};

/** Milliseconds of this thread's processor time, which other processes do not take from. */
function busy(work) {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

function times(count, work) {
  return () => {
    for (let index = 0; index < count; index += 1) work();
  };
}

/** @returns the ratios of the rounds, each of which has both in turn */
function compare(report, name, schema, value) {
  const ajv = new Ajv2020({ strict: false, logger: false, validateSchema: false });
  addFormats(ajv);
  const plain = ajv.compile(schema);
  const { errorsOf } = new SchemaCompiler().compile(schema);
  if (!plain(value) || errorsOf(value).length > 0) throw new Error(`${name}: the value does not fit its schema`);
  let count = 1;
  while (busy(times(count, () => plain(value))) < LEAST_ROUND) count *= 2;
  const rounds = repeat(ROUNDS, () => ({
    plain: busy(times(count, () => plain(value))),
    own: busy(times(count, () => errorsOf(value))),
  }));
  const ratios = rounds.map(({ plain: one, own }) => own / one);
  const [low, middle, high] = [0.1, 0.5, 0.9].map((share) => percentile(ratios, share).toFixed(2));
  const each = (key) =>
    milliseconds(
      percentile(
        rounds.map((round) => round[key] / count),
        0.5,
      ),
    );
  report.note(`${name}: ${middle} × plain ajv (p10 ${low}, p90 ${high}; p50 ${each('own')} and ${each('plain')})`);
  return ratios;
}

/** The server's comparing of ordinary inputs with their schemas, within budgets and in linear time, against plain ajv, in turn. */
export async function validateInputs(report) {
  const all = Object.entries(inputs).map(([name, [schema, value]]) => compare(report, name, schema, value));
  const geometric = (round) => Math.exp(all.reduce((sum, ratios) => sum + Math.log(ratios[round]), 0) / all.length);
  const ratio = percentile(repeat(ROUNDS, geometric), 0.5);
  report.budget('ordinary inputs, geometric mean', ratio, {
    name: 'inputs_of_plain_ajv',
    most: MOST,
    unit: '',
    show: (value) => `${value.toFixed(2)} ×`,
    budget: `${MOST} × plain ajv`,
  });
}
