import { InvalidRequestError } from '../../ogc/domain-errors.js';
import type { ExecuteRequest } from '../../processes/request/execute-request.js';
import type { RegisteredProcess } from '../../processes/registry/registered-process.js';
import type { RequestedResponse } from '../model/job-outcome.js';
import type { Asked } from '../requests/kept-request.js';
import { requestedOutputsValue } from './execution-job.js';

/** How the client would have its results where the body of its request leaves that open. */
export interface ResponseWishes {
  /** Outputs without a `transmissionMode` by reference, where the process offers that. */
  readonly byReference?: boolean;
  /** Several outputs as a document where there is no `response`; `always`: one output, too. */
  readonly asDocument?: boolean | 'always';
  /** The version that the request was written for; default 1.0. */
  readonly version?: '2.0';
  /** What it prefers and how the body says that it is to be executed, to be shown later. */
  readonly asked?: Pick<Asked, 'prefer' | 'mode'>;
}

/** Bytes of what the Job keeps of the outputs that a client asked for, beside the ids that the process itself declares. */
const MOST_BYTES = 4096;
/** Bytes for the format of each output that the process declares. */
const BYTES_OF_FORMAT = 128;

/**
 * What the Job keeps of how its results are wanted. A process that declares no outputs takes any names of them, and formats may be any
 * text: how much of both is kept is bounded.
 * @throws InvalidRequestError where it is more
 */
export function requestedResponse(
  { description }: Pick<RegisteredProcess, 'description'>,
  { response, outputs }: Pick<ExecuteRequest, 'response' | 'outputs'>,
  { byReference = false, asDocument = false, version }: ResponseWishes = {},
): RequestedResponse {
  const declared = Object.keys(description.outputs);
  const ids = outputs ? Object.keys(outputs) : declared;
  const otherwise = byReference && description.outputTransmission.includes('reference') ? 'reference' : 'value';
  const references = ids.filter((id) => (outputs?.[id]?.transmissionMode ?? otherwise) === 'reference');
  const kept: RequestedResponse = {
    response: response ?? (asDocument === 'always' || (asDocument && ids.length > 1) ? 'document' : 'raw'),
    ...(outputs ? { outputs: ids } : {}),
    ...(references.length > 0 ? { references } : {}),
    ...(version ? { version } : {}),
  };
  const size = sizeOf(JSON.stringify(kept)) + sizeOf(outputs && requestedOutputsValue(outputs));
  const limit = MOST_BYTES + 4 * sizeOf(JSON.stringify(declared)) + BYTES_OF_FORMAT * declared.length;
  if (size <= limit) return kept;
  const message = `must be less: the job would keep ${size} bytes of names and formats of outputs, and may keep ${limit}`;
  throw new InvalidRequestError('The request asks for too many outputs.', [{ pointer: '/outputs', message }]);
}

/** As text within the JSON of the Job. */
function sizeOf(text = ''): number {
  return Buffer.byteLength(JSON.stringify(text));
}
