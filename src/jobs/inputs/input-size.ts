import type { V1PodSpec } from '@kubernetes/client-node';
import { environmentVariable } from '../../k8s/names.js';
import { InputsTooLargeError } from '../../ogc/domain-errors.js';
import type { RegisteredProcess } from '../../processes/registry/registered-process.js';

/** Linux gives one environment variable at most 32 pages (MAX_ARG_STRLEN), its name, `=` and final NUL included. */
export const MAX_INPUTS_BYTES = 32 * 4096 - environmentVariable.inputs.length - 2;

/** Larger ones go by way of the store where their process reads them there: etcd keeps the Job as long as it is, in memory, too. */
export const MOST_INPUTS_BESIDE_STORE = 16 * 1024;

type Receiver = Pick<RegisteredProcess, 'id' | 'largeInputs'>;

/** What a Job may hold of inputs itself, bytes of JSON, and what would allow more, in sentences. */
export interface InlineRoom {
  readonly most: number;
  readonly reason: string;
}

/**
 * @param exchangesFiles whether this server can give inputs by address
 * @param maxInline `max_inline_inputs`; absent: what fits a variable
 * @returns undefined where larger ones go by address
 */
export function inlineRoom(
  process: Receiver,
  exchangesFiles: boolean,
  maxInline = MAX_INPUTS_BYTES,
): InlineRoom | undefined {
  if (process.largeInputs === 'url' && exchangesFiles) return undefined;
  const most = Math.min(maxInline, MAX_INPUTS_BYTES);
  const remedy = {
    url: 'More would be given by address, which needs an object store and server.internal_url.',
    refuse:
      'More would be given by address where its definition had "large_inputs: url", which says that its container reads them there.',
    never: 'Its container cannot read them from an address ("large_inputs: url").',
  }[process.largeInputs];
  const reason =
    most < MAX_INPUTS_BYTES
      ? `for the Job itself holds them, in an environment variable (max_inline_inputs is ${most}; it may be up to ${MAX_INPUTS_BYTES}).`
      : 'for they are passed in an environment variable.';
  return { most, reason: `${reason} ${remedy}` };
}

/**
 * How inputs reach the main container.
 * @param size bytes of the inputs as JSON
 * @param exchangesFiles whether this server can give inputs by address
 * @param maxInline `max_inline_inputs`; absent: what fits a variable
 * @returns whether by address
 * @throws InputsTooLargeError where the Job may not hold them, and the process does not say that its container reads them from an
 *   address, or there can be none
 */
export function goByAddress(process: Receiver, size: number, exchangesFiles: boolean, maxInline?: number): boolean {
  const room = inlineRoom(process, exchangesFiles, maxInline);
  if (!room) return size > Math.min(maxInline ?? MAX_INPUTS_BYTES, MAX_INPUTS_BYTES, MOST_INPUTS_BESIDE_STORE);
  if (size <= room.most) return false;
  throw new InputsTooLargeError(
    `The inputs have ${size} bytes as JSON; at most ${room.most} reach the container of process "${process.id}", ${room.reason} ` +
      'Pass large data by link.',
  );
}

/** Bytes of a pod, as JSON, beside what its processor made of inputs. */
const MOST_POD_BYTES = 32 * 1024;

/**
 * A processor may write inputs into its pod by itself, as arguments, whatever way they go otherwise.
 * @param inputs as JSON
 * @param maxInline `max_inline_inputs`; absent: Kubernetes' own limits hold alone
 * @throws InputsTooLargeError where the pod holds more of them than the Job may
 */
export function assertPodHolds(podSpec: V1PodSpec, inputs: string, maxInline: number | undefined): void {
  if (maxInline === undefined || Buffer.byteLength(inputs) <= maxInline) return;
  const size = Buffer.byteLength(JSON.stringify(podSpec));
  if (size <= MOST_POD_BYTES + maxInline) return;
  throw new InputsTooLargeError(
    `The inputs are too large: of ${Buffer.byteLength(inputs)} bytes as JSON they make a pod of ${size} bytes, ` +
      `and the Job itself may hold ${maxInline} of them (max_inline_inputs). Pass large data by link.`,
  );
}
