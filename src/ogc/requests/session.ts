import { TOKENS } from './identity.js';

/** Who signed in with a browser, and until when that holds. */
export interface Session {
  /** {@link API_SUBJECT}: whoever knows the API token; a subject of the issuer. */
  readonly subject: string;
  /** As an `Identity` has it. */
  readonly issuer: string;
  /** For people to read; absent: the subject. */
  readonly name?: string;
  /** Names of roles that hold until the end. */
  readonly roles: readonly string[];
  readonly end: Date;
}

/** Of the API token, which is everybody's who knows it. */
export const API_SUBJECT = 'api';

/** Whether somebody signed in with the API token, whatever subjects others name. */
export function isOfApiToken(session: Session | undefined): boolean {
  return session?.issuer === TOKENS && session.subject === API_SUBJECT;
}

/** What is known of a request where browsers can sign in. */
export interface Visit {
  /** Who signed in, where that counts for this request. */
  readonly session?: Session;
  /** Whether the request has a cookie that does not count for it: another site led here, or that cannot be told. */
  readonly isHeldBack: boolean;
}

const visits = new WeakMap<object, Visit>();
const asked = new WeakSet<object>();

/** Says once of a request, before anything is decided of it, who signed in. */
export function noteVisit(request: object, visit: Visit): void {
  visits.set(request, visit);
}

/** Undefined where nobody can sign in. The answer then depends on it: {@link dependsOnVisit}. */
export function visitOf(request: object): Visit | undefined {
  asked.add(request);
  return visits.get(request);
}

/** Who signed in, where that counts for this request. */
export function sessionOf(request: object): Session | undefined {
  return visitOf(request)?.session;
}

/** Whether anybody asked who signed in, so that others may get another answer. */
export function dependsOnVisit(request: object): boolean {
  return asked.has(request) && visits.has(request);
}
