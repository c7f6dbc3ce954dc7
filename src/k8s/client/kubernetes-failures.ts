import { KubernetesError, type KubernetesFailure } from './kubernetes-error.js';

/** The part of a `meta/v1` Status that tells what went wrong. */
export interface ApiStatus {
  readonly kind?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  /** What the answer is about. */
  readonly details?: { readonly kind?: string };
}

const byStatus: Readonly<Record<number, KubernetesFailure>> = {
  400: 'bad-request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  408: 'unavailable',
  409: 'conflict',
  410: 'expired',
  422: 'invalid',
  429: 'too-many-requests',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};
/**
 * Answers that the API server passes on from a kubelet are about this, its own are about pods. A kubelet that starts does not know its pods yet, and may not be able to find out
 * who asks.
 */
const FROM_NODE = 'pods/log';
const byStatusFromNode: Readonly<Record<number, KubernetesFailure>> = {
  401: 'unavailable',
  403: 'unavailable',
  404: 'not-on-node',
};
const LONGEST_PLAIN_MESSAGE = 500;

/** The error that an API server's answer (or the ERROR event of a watch) stands for. */
export function errorOfStatus(what: string, code: number, status: ApiStatus, retryAfter?: string): KubernetesError {
  const words = status.message || status.reason || `HTTP ${code}`;
  const seconds = retryAfter !== undefined && /^\d+$/.test(retryAfter) ? Number(retryAfter) : undefined;
  return new KubernetesError(failureOf(code, status) ?? 'failed', `${what}: ${words}`, code, seconds, { words });
}

function failureOf(code: number, { reason, details }: ApiStatus): KubernetesFailure | undefined {
  if (reason === 'AlreadyExists') return 'already-exists';
  if (reason === 'Expired') return 'expired';
  return (details?.kind === FROM_NODE ? byStatusFromNode[code] : undefined) ?? byStatus[code];
}

/** As {@link errorOfStatus}, from an error answer's body: a Status in JSON, or whatever a proxy in between has written. */
export function errorOfAnswer(what: string, code: number, body: string, retryAfter?: string): KubernetesError {
  let status: ApiStatus;
  try {
    const parsed: unknown = JSON.parse(body);
    status = typeof parsed === 'object' && parsed !== null ? parsed : { message: String(parsed) };
  } catch {
    status = { message: body.trim().slice(0, LONGEST_PLAIN_MESSAGE) };
  }
  return errorOfStatus(what, code, status, retryAfter);
}

/** The error of a call that got no (whole) answer. */
export function errorOfConnection(what: string, error: unknown): KubernetesError {
  if (error instanceof KubernetesError) return error;
  return new KubernetesError('unavailable', `${what}: ${describe(error)}`, undefined, undefined, { cause: error });
}

/** Node gives connection attempts to several addresses an AggregateError with an empty message. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
