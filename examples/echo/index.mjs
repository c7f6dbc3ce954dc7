/**
 * An OGC process that returns its inputs: `stringInput` as the output `stringOutput`, and so on; after `pause` seconds, where
 * that is given. What is given by link is fetched, and returned as its bytes in its media type.
 *
 * Reads its inputs as JSON from the environment variable PYGEOAPI_K8S_MANAGER_INPUTS or, where they are too large for one, from
 * the address in PYGEOAPI_K8S_MANAGER_INPUTS_URL (`large_inputs: url`). Prints its outputs as one JSON object behind the result
 * markers; where there are bytes among them, each behind a marker of its own. Exit codes: 0 done, 1 failed, 2 the inputs are wrong.
 *
 * Variables of its definition: PASS_LINKS, inputs whose links are their values, divided by commas; ALLOW_PRIVATE_LINKS, `true` for
 * links into private networks.
 */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { parseExact, toNumber } from './exact-json.mjs';
import { fetchLink, LinkError } from './fetch-link.mjs';

const START = 'PYGEOAPI_K8S_MANAGER_RESULT_START';
const { env } = process;
const passed = new Set((env.PASS_LINKS ?? '').split(','));

class InputError extends Error {}

const isObject = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
/** An object comes as `{value, mediaType}` from clients of OGC API - Processes 1.0 (schema qualifiedInputValue.yaml), bare from others. */
const isQualified = (input) => isObject(input) && Object.hasOwn(input, 'value') && typeof input.uom !== 'string';
const unqualified = (input) => (isQualified(input) ? input.value : input);
const isLink = (input) => isObject(input) && /^https?:/i.test(input.href);
const mediaTypeOf = ({ type, mediaType, format }) => type ?? mediaType ?? format?.mediaType;
const isMediaType = (type) =>
  /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;\s*[\w!#$&^.+-]+=("[^"\\\r\n]*"|[\w!#$&^.+:-]+))*$/.test(type);
const isJson = (type) => /^application\/([^;]+\+)?json\b/i.test(type);
const isText = (type) => /^(text\/|application\/([^;]*\+)?(json|xml|yaml|javascript)\b)/i.test(type);

/** The JSON text of all inputs. */
async function readInputs() {
  if (env.PYGEOAPI_K8S_MANAGER_INPUTS_URL === undefined) return env.PYGEOAPI_K8S_MANAGER_INPUTS ?? '{}';
  const response = await fetch(env.PYGEOAPI_K8S_MANAGER_INPUTS_URL);
  if (!response.ok) throw new Error(`the inputs cannot be read (HTTP ${response.status})`);
  return response.text();
}

/** @returns bytes in a media type */
async function fetched(link, id) {
  try {
    const { bytes, mediaType } = await fetchLink(link.href, { allowPrivate: env.ALLOW_PRIVATE_LINKS === 'true' });
    const type = [mediaTypeOf(link), mediaType].find(isMediaType) ?? 'application/octet-stream';
    return { bytes, mediaType: type };
  } catch (error) {
    if (error instanceof LinkError) throw new InputError(`"${id}" cannot be fetched: ${error.message}`);
    throw error;
  }
}

/** What a link leads to, as a member of a list: JSON, text, or base64. */
function asJson({ bytes, mediaType }) {
  if (isJson(mediaType)) return parseExact(bytes.toString());
  return bytes.toString(isText(mediaType) ? 'utf8' : 'base64');
}

/** The value of an input, or bytes with their media type (`{bytes}`). */
async function valueOf(id, input) {
  if (passed.has(id)) return { value: input };
  if (isLink(input)) return fetched(input, id);
  if (!Array.isArray(input)) return { value: unqualified(input), qualified: isQualified(input) ? input : undefined };
  const items = input.map(async (item) => (isLink(item) ? asJson(await fetched(item, id)) : unqualified(item)));
  return { value: await Promise.all(items) };
}

/** A result under its output's id. The media type of an object is its output's own, as the process's description says it. */
function printed(id, { value, qualified, bytes, mediaType }) {
  const declared = qualified && mediaTypeOf(qualified);
  if (bytes === undefined && typeof value === 'string' && isMediaType(declared))
    return printed(id, { bytes: Buffer.from(value, isText(declared) ? 'utf8' : 'base64'), mediaType: declared });
  const body = bytes ?? Buffer.from(JSON.stringify(value));
  const type = mediaType ?? (isObject(value) ? undefined : 'application/json');
  const quoted = (text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
  const digest = createHash('sha256').update(body).digest('hex');
  return (
    `\n${START} output=${quoted(id)}${type === undefined ? '' : ` mimetype=${quoted(type)}`} encoding=base64 ` +
    `bytes=${body.length} sha256=${digest}\n${body.toString('base64')}`
  );
}

async function main() {
  const { pause, ...inputs } = parseExact(await readInputs());
  const seconds = toNumber(unqualified(pause) ?? 0);
  if (!Number.isInteger(seconds) || seconds < 0)
    throw new InputError(`"pause" must be a number of seconds (is ${JSON.stringify(pause)})`);
  process.stdout.write(`INFO pausing ${seconds} s\n`);
  await delay(seconds * 1000);

  const outputs = await Promise.all(
    Object.entries(inputs).map(async ([id, input]) => [id.replace(/Input$/, 'Output'), await valueOf(id, input)]),
  );
  if (outputs.some(([, { bytes }]) => bytes !== undefined)) {
    process.stdout.write(outputs.map(([id, output]) => printed(id, output)).join(''));
    return;
  }
  const values = Object.fromEntries(outputs.map(([id, { value }]) => [id, value]));
  process.stdout.write(`PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: application/json\n${START}\n${JSON.stringify(values)}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`ERROR ${error instanceof InputError ? error.message : error.stack}\n`);
  process.exitCode = error instanceof InputError ? 2 : 1;
}
