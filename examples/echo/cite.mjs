/**
 * The echo process of OGC's compliance suite: returns each input as the output of the same id, after `pause` seconds; `pause` too, always,
 * for a results document without a number does not pass the suite. An input that is given by a link comes back as the bytes
 * at it, in base64.
 *
 * Reads its inputs as JSON from the environment variable PYGEOAPI_K8S_MANAGER_INPUTS, and prints its outputs as one JSON object behind the
 * result markers. Exit codes: 0 done, 1 a link cannot be fetched.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseExact, toNumber } from './exact-json.mjs';

const isObject = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);

async function valueOf(input) {
  if (!isObject(input)) return input;
  if (Object.hasOwn(input, 'value')) return input.value;
  return typeof input.href === 'string' ? bytesAt(input.href) : input;
}

async function bytesAt(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer()).toString('base64');
}

const { pause = 0, ...inputs } = parseExact(process.env.PYGEOAPI_K8S_MANAGER_INPUTS ?? '{}');
const given = await valueOf(pause);
const seconds = toNumber(given);
process.stdout.write(`INFO pausing ${seconds} s\n`);
await delay(seconds * 1000);

const outputs = await Promise.all(Object.entries(inputs).map(async ([id, input]) => [id, await valueOf(input)]));
process.stdout.write(
  'PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: application/json\n' +
    `PYGEOAPI_K8S_MANAGER_RESULT_START\n${JSON.stringify({ ...Object.fromEntries(outputs), pause: given })}\n`,
);
