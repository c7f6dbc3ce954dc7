export type KubernetesFailure =
  | 'not-found'
  | 'conflict'
  | 'already-exists'
  | 'bad-request'
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'expired'
  | 'too-many-requests'
  | 'unavailable'
  | 'failed';

/** A call to the Kubernetes API failed. `message` is the API server's own, without secrets. */
export class KubernetesError extends Error {
  constructor(
    readonly failure: KubernetesFailure,
    message: string,
    /** HTTP status, undefined where no answer came. */
    readonly status?: number,
    /** Seconds after which the API server wants to be asked again (`Retry-After`). */
    readonly retryAfterSeconds?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'KubernetesError';
  }

  /** Whether the same call may succeed later without anything being changed. */
  get retryable(): boolean {
    return ['unavailable', 'too-many-requests', 'conflict', 'expired', 'failed'].includes(this.failure);
  }
}
