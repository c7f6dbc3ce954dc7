import { InvalidRequestError } from '../../ogc/domain-errors.js';
import type { RequestedResponse } from '../model/job-outcome.js';

/** Bytes of what the Job keeps of the outputs that a client asked for, beside the ids that the process itself declares. */
const MOST_BYTES = 4096;

/**
 * A process that declares no outputs takes any names of them, and formats may be any text: what the Job keeps of both is bounded.
 * @param kept on the Job
 * @param declared ids
 * @throws InvalidRequestError
 */
export function assertOutputsFit(kept: RequestedResponse, declared: readonly string[]): void {
  const size = Buffer.byteLength(JSON.stringify(kept));
  const limit = MOST_BYTES + 2 * Buffer.byteLength(JSON.stringify(declared));
  if (size <= limit) return;
  const message = `must be less: the job would keep ${size} bytes of names of outputs, and may keep ${limit}`;
  throw new InvalidRequestError('The request asks for too many outputs.', [{ pointer: '/outputs', message }]);
}
