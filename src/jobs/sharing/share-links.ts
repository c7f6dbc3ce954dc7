import { Injectable, Logger } from '@nestjs/common';
import { Access, type Caller } from '../../access/access.js';
import { askForToken } from '../../access/ask-for-token.js';
import { ShareRights } from '../../access/share-rights.js';
import { DEFAULT_SECONDS, Shares } from '../../access/shares/shares.js';
import { isMapping } from '../../config/validation.js';
import { pointerTo } from '../../json/json-pointer.js';
import { ForbiddenError, InvalidRequestError, NotAvailableError, type RequestFault } from '../../ogc/domain-errors.js';
import { SHARED, type Shared, withShare } from '../../ogc/requests/share.js';
import type { JobRecord } from '../model/job-record.js';
import type { ShareLinkDto } from './share-links.dto.js';

/** Makes links for others of jobs, for who may. */
@Injectable()
export class ShareLinks {
  private readonly logger = new Logger(ShareLinks.name);

  constructor(
    private readonly access: Access,
    private readonly shares: Shares,
    private readonly rights: ShareRights,
  ) {}

  /**
   * @param wish as the request has it
   * @param base the API's address without trailing slash
   * @throws NotAvailableError where there are no links; InvalidRequestError; UnauthorizedError, ForbiddenError
   */
  async make(job: JobRecord, wish: unknown, caller: Caller, base: string): Promise<ShareLinkDto> {
    const { whyOff, longest } = this.shares;
    if (whyOff !== undefined) throw new NotAvailableError(`This server makes no links for others: ${whyOff}.`);
    await this.demand(job, caller);
    const { what, seconds } = readWish(wish, longest);
    const share = this.shares.make(job, what, seconds);
    const address = `${base}/jobs/${encodeURIComponent(job.jobId)}${what === 'results' ? '/results' : ''}`;
    const expires = share.end.toISOString();
    this.logger.log(
      `A link for others of job ${job.name} is made (${what}, ${this.access.nameOf(caller)}) until ${expires}`,
    );
    return { href: withShare(address, share), expires, for: what };
  }

  /** @throws UnauthorizedError, ForbiddenError, MisconfiguredError */
  private async demand(job: JobRecord, caller: Caller): Promise<void> {
    if (await this.rights.mayShare(job, caller)) return;
    if (!this.access.rules)
      await this.access.demand(this.access.rightsOf(job), caller, { operation: 'read-results', jobId: job.jobId });
    const error = caller.identity ? new ForbiddenError(ONLY_OWNERS) : askForToken();
    this.access.logRefusal(`A link for others of job ${job.jobId}`, caller, error);
    throw error;
  }
}

const ONLY_OWNERS = 'Links for others are made by who owns the job and may read its results.';

/** @throws InvalidRequestError */
function readWish(wish: unknown, longest: number): { readonly what: Shared; readonly seconds: number } {
  if (wish !== undefined && !isMapping(wish))
    throw new InvalidRequestError('The body must be a JSON object, as in {"for": "results", "expires_in": 86400}.');
  const { for: what = 'results', expires_in: seconds = Math.min(DEFAULT_SECONDS, longest), ...others } = wish ?? {};
  const faults: RequestFault[] = [];
  const known = SHARED.find((candidate) => candidate === what);
  if (!known) faults.push({ pointer: '/for', message: `must be ${SHARED.join(' or ')}` });
  const isLength = Number.isInteger(seconds) && (seconds as number) >= 1 && (seconds as number) <= longest;
  if (!isLength)
    faults.push({ pointer: '/expires_in', message: `must be seconds, from 1 to ${longest} (access.links_max_days)` });
  for (const name of Object.keys(others)) faults.push({ pointer: pointerTo('', name), message: 'is no member of it' });
  if (!known || faults.length > 0) throw new InvalidRequestError('No such link can be made.', faults);
  return { what: known, seconds: seconds as number };
}
