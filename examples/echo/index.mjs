/**
 * An OGC process that returns its inputs: `stringInput` as the output `stringOutput`, and so on; after `pause` seconds, where that is given.
 *
 * Reads its inputs as JSON from the environment variable PYGEOAPI_K8S_MANAGER_INPUTS, and prints its outputs as one JSON object behind the result
 * markers. Exit codes: 0 done, 2 the inputs are wrong.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseExact, toNumber } from './exact-json.mjs';

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
/** An object comes as `{value, mediaType}` from clients of OGC API - Processes 1.0 (schema qualifiedInputValue.yaml), bare from others. */
const unqualified = (input) =>
  isObject(input) && Object.hasOwn(input, 'value') && !isMeasure(input) ? input.value : input;
const isMeasure = (input) => typeof input.uom === 'string';

const { pause, ...inputs } = parseExact(process.env.PYGEOAPI_K8S_MANAGER_INPUTS ?? '{}');
const seconds = toNumber(unqualified(pause) ?? 0);
if (!Number.isInteger(seconds) || seconds < 0) {
  process.stderr.write(`ERROR "pause" must be a number of seconds (is ${JSON.stringify(pause)})\n`);
  process.exit(2);
}
process.stdout.write(`INFO pausing ${seconds} s\n`);
await delay(seconds * 1000);

const outputs = Object.entries(inputs).map(([id, input]) => [
  id.replace(/Input$/, 'Output'),
  Array.isArray(input) ? input.map(unqualified) : unqualified(input),
]);
process.stdout.write(
  'PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: application/json\n' +
    `PYGEOAPI_K8S_MANAGER_RESULT_START\n${JSON.stringify(Object.fromEntries(outputs))}\n`,
);
