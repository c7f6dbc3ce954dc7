import type { RequestFault } from '../../ogc/domain-errors.js';

/** Of the ids of this manager's jobs. */
export const JOB_ID_PATTERN = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
const JOB_ID = new RegExp(JOB_ID_PATTERN);

/**
 * The member `job_id` of an execute request, as pygeoapi's managers take it: the id that the job shall have. Null counts as not there.
 * @param isKeyed whether the request has an `Idempotency-Key`, too, which chooses the id itself
 * @returns a UUID in lower case; undefined where there is none, or it is a fault
 */
export function parseChosenJobId(
  body: Readonly<Record<string, unknown>>,
  isKeyed: boolean,
  faults: RequestFault[],
): string | undefined {
  const given = (Object.hasOwn(body, 'job_id') ? body['job_id'] : undefined) ?? undefined;
  if (given === undefined) return undefined;
  if (isKeyed)
    faults.push({
      pointer: '/job_id',
      message: 'must not be given with the header Idempotency-Key, which decides the id of the job itself',
    });
  if (typeof given === 'string' && JOB_ID.test(given)) return given;
  const is = typeof given === 'string' && given.length <= 60 ? ` (is ${JSON.stringify(given)})` : '';
  faults.push({
    pointer: '/job_id',
    message: `must be a UUID in lower case, as in 019ad0c5-3f5a-7c3e-8a53-5d1f0e6b7a42, for only such jobs are this manager's${is}`,
  });
  return undefined;
}
