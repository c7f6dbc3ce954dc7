import { ResultFault } from '../model/job-outcome.js';

/** Results under ids of outputs that one job may have, and bytes of such an id: what is noted of each stands in one annotation. */
export const MOST_OUTPUTS = 100;
const LONGEST_OUTPUT_ID = 128;

/**
 * @param printed the result without a name, and those by output id
 * @param files ids of outputs that were given as files
 * @param declared the outputs of the process; empty where they are not known
 * @throws ResultFault where results were given for what is no output, or twice
 */
export function assertDeclared(
  { unnamed, outputs }: { readonly unnamed?: unknown; readonly outputs: ReadonlyMap<string, unknown> },
  files: readonly string[],
  declared: ReadonlyMap<string, unknown>,
): void {
  const ids = [...outputs.keys(), ...files];
  const invalid = (message: string) => new ResultFault('result-invalid', message);
  const twice = files.find((id) => outputs.has(id));
  if (twice !== undefined) throw invalid(`The job gave output "${shown(twice)}" twice: as a file and in its log.`);
  const unknown = ids.find((id) => declared.size > 0 && !declared.has(id));
  if (unknown !== undefined)
    throw invalid(
      `The job gave a result for output "${shown(unknown)}", which its process does not have; it has ${[...declared.keys()].join(', ')}.`,
    );
  const long = ids.find((id) => Buffer.byteLength(id) > LONGEST_OUTPUT_ID);
  if (long !== undefined)
    throw invalid(
      `The job gave a result for an output whose id has more than ${LONGEST_OUTPUT_ID} bytes: "${shown(long)}".`,
    );
  if (ids.length > MOST_OUTPUTS)
    throw new ResultFault(
      'result-too-large',
      `The job gave results for ${ids.length} outputs; at most ${MOST_OUTPUTS} can be kept.`,
    );
  if (unnamed && declared.size > 0 && [...declared.keys()].every((id) => ids.includes(id)))
    throw invalid(
      'The job printed a result without a name, and gave one for each of its outputs besides: it is not known whose that is.',
    );
}

function shown(id: string): string {
  return id.length > 64 ? `${id.slice(0, 64)}…` : id;
}
