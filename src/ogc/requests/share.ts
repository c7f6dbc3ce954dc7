import { withParameter } from '../representation.js';

/** The parameter of an address that has it. */
export const SHARE_PARAMETER = 'share';

/** What a link of a job opens: its results, or also its page and status. */
export const SHARED = ['results', 'page'] as const;
export type Shared = (typeof SHARED)[number];

/** What a request may see by the link that it follows, and nothing else. */
export interface Share {
  readonly jobId: string;
  /** Of the Job: another of the same id is not meant. */
  readonly uid: string;
  readonly for: Shared;
  readonly end: Date;
  /** As the address has it. */
  readonly token: string;
}

const shares = new WeakMap<object, Share>();

/** Says once of a request, before anything is decided of it, that its link was made for what it asks for. */
export function noteShare(request: object, share: Share): void {
  shares.set(request, share);
}

/** Undefined: the request follows no such link. */
export function shareOf(request: object): Share | undefined {
  return shares.get(request);
}

/** An address that whoever follows the same link can follow, too. @param share undefined: the address is as it was */
export function withShare(address: string, share: Pick<Share, 'token'> | undefined): string {
  return share ? withParameter(address, SHARE_PARAMETER, share.token) : address;
}
