import { intervalFault, parseInterval } from '../../jobs/listing/list-interval.js';
import { InvalidRequestError, type RequestFault } from '../../ogc/domain-errors.js';
import type { ArchiveFilter, UsageBy } from '../records/archive.js';
import { USAGE_BY } from './usage.dto.js';

export const USAGE_PARAMETERS: readonly string[] = ['by', 'datetime', 'f', 'lang'];

export interface UsageQuery extends Pick<ArchiveFilter, 'created'> {
  readonly by: UsageBy;
}

/**
 * An empty value is as if the parameter were not there: forms send such.
 * @param hasOwners whether jobs have owners
 * @throws InvalidRequestError naming every parameter that is unknown or malformed
 */
export function parseUsageQuery(
  given: Readonly<Record<string, string | readonly string[] | undefined>>,
  hasOwners: boolean,
  now: Date,
): UsageQuery {
  const faults: RequestFault[] = [];
  const one = (name: string): string | undefined => {
    const value = given[name];
    if (typeof value === 'string' || value === undefined) return value || undefined;
    faults.push({ pointer: name, message: 'must be given once' });
    return undefined;
  };
  for (const name of Object.keys(given).filter((each) => !USAGE_PARAMETERS.includes(each)))
    faults.push({
      pointer: name,
      message: `is not a parameter of this resource; those are ${USAGE_PARAMETERS.join(', ')}`,
    });
  const asked = one('by') ?? 'month';
  const by = USAGE_BY.find((known) => known === asked);
  if (by === undefined)
    faults.push({ pointer: 'by', message: `must be one of ${USAGE_BY.join(', ')} (is "${asked.slice(0, 60)}")` });
  if (by === 'owner' && !hasOwners)
    faults.push({
      pointer: 'by',
      message:
        'must not be owner: jobs have owners where roles say who may what (access.roles), which they do not here',
    });
  const datetime = one('datetime');
  const created = datetime === undefined ? undefined : parseInterval(datetime, now);
  if (datetime !== undefined && !created) faults.push({ pointer: 'datetime', message: intervalFault(datetime) });
  if (by === undefined || faults.length > 0)
    throw new InvalidRequestError('The parameters of the usage are wrong.', faults);
  return { by, ...(created ? { created } : {}) };
}
