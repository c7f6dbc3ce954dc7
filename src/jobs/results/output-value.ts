import { buffer } from 'node:stream/consumers';
import type { OutputDescription } from '../../processes/description/process-description.js';
import type { PrintedResult } from '../../processes/processor.js';
import { assertFits, formatRaw, type Output, outputsOf } from './results-format.js';
import { isJson, ofBytes, readJson, valuePart } from './results-values.js';

/**
 * One value of the only output that is selected, in a media type of its own (OGC API - Processes 2.0 draft,
 * `/jobs/{jobID}/results/{outputID}/{N}`: "a specific value of a multi-valued output"). An output whose `maxOccurs` is
 * more than 1 has as many values as the JSON array that the job gave; any other has one.
 * @param index from 0
 * @returns a format whose answer is empty where there is no such value
 */
export function formatValueAt(index: number): typeof formatRaw {
  return async (result, context) => {
    const [output] = await outputsOf(result, context);
    if (!output) return {};
    const described = context.outputs[output.id];
    if (!mayBeSeveral(described)) return index === 0 ? formatRaw(result, context) : {};
    const value = await valueAt(index, output, described);
    if (!value) return {};
    const { mediaType, size, range, etag, body } = value;
    return { mediaType, size, range, etag, body: body() };
  };
}

function mayBeSeveral(output: OutputDescription | undefined): boolean {
  const most = output?.maxOccurs ?? 1;
  return most === 'unbounded' || most > 1;
}

/** What is no array is one value. @throws NotAcceptableError where it is too large to be looked into */
async function valueAt(
  index: number,
  output: Output,
  described: OutputDescription | undefined,
): Promise<PrintedResult | undefined> {
  let value: unknown;
  if ('printed' in output) {
    const { mediaType, size, body } = output.printed;
    assertFits(size);
    const bytes = await buffer(body());
    value = isJson(mediaType) ? readJson(bytes) : undefined;
    if (!Array.isArray(value)) return index === 0 ? ofBytes(mediaType, bytes) : undefined;
  } else value = output.value;
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return index < values.length ? valuePart(values[index], described) : undefined;
}
