import { environmentVariable } from '../../k8s/names.js';
import { InputsTooLargeError } from '../../ogc/domain-errors.js';
import type { RegisteredProcess } from '../../processes/registry/registered-process.js';

/** Linux gives one environment variable at most 32 pages (MAX_ARG_STRLEN), its name, `=` and final NUL included. */
export const MAX_INPUTS_BYTES = 32 * 4096 - environmentVariable.inputs.length - 2;

/**
 * How inputs reach the main container.
 * @param inputs as JSON
 * @param exchangesFiles whether this server can give inputs by address
 * @returns whether by address, for they do not fit an environment variable
 * @throws InputsTooLargeError where they do not, and the process does not say that its container reads them from an address, or
 *   there can be none
 */
export function goByAddress(
  process: Pick<RegisteredProcess, 'id' | 'largeInputs'>,
  inputs: string,
  exchangesFiles: boolean,
): boolean {
  const size = Buffer.byteLength(inputs);
  if (size <= MAX_INPUTS_BYTES) return false;
  if (process.largeInputs === 'url' && exchangesFiles) return true;
  const remedy = {
    url: 'More would be given by address, which needs an object store and server.internal_url.',
    refuse:
      'More would be given by address where its definition had "large_inputs: url", which says that its container reads them there.',
    never: 'Its container cannot read them from an address ("large_inputs: url").',
  }[process.largeInputs];
  throw new InputsTooLargeError(
    `The inputs have ${size} bytes as JSON; at most ${MAX_INPUTS_BYTES} reach the container of process "${process.id}", ` +
      `for they are passed in an environment variable. ${remedy} Pass large data by link.`,
  );
}
