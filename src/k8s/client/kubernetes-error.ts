import type { KubernetesObject } from '@kubernetes/client-node';

export type KubernetesFailure =
  | 'not-found'
  /** The node that a pod is bound to does not know it: for ever, or while its kubelet starts. */
  | 'not-on-node'
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

/** A call to the Kubernetes API failed. `message` names the call and ends with the API server's own words, without secrets. */
export class KubernetesError extends Error {
  /** The API server's words alone: for who knows nothing of the call. */
  readonly words: string;
  /** Not for logs, which show what can be enumerated. */
  #existing?: KubernetesObject;

  constructor(
    readonly failure: KubernetesFailure,
    message: string,
    /** HTTP status, undefined where no answer came. */
    readonly status?: number,
    /** Seconds after which the API server wants to be asked again (`Retry-After`). */
    readonly retryAfterSeconds?: number,
    options: ErrorOptions & { readonly words?: string } = {},
  ) {
    super(message, options);
    this.words = options.words ?? message;
    this.name = 'KubernetesError';
  }

  /** Of a conflict: the object as it was found after that; undefined where nobody has looked. */
  get existing(): KubernetesObject | undefined {
    return this.#existing;
  }

  /** Who looks at the object again after a conflict need not ask for it a second time. */
  found(existing: KubernetesObject): this {
    this.#existing = existing;
    return this;
  }

  /** Whether the same call may succeed later without anything being changed. */
  get retryable(): boolean {
    return ['unavailable', 'not-on-node', 'too-many-requests', 'conflict', 'expired', 'failed'].includes(this.failure);
  }

  /** Whether no answer came (the connection broke, or the time was over): the call may have done what it was for. */
  get unanswered(): boolean {
    return this.failure === 'unavailable' && this.status === undefined;
  }

  /** Whether this server is not allowed to make the call: it may be once somebody gives it the right, or its credentials are renewed. */
  get denied(): boolean {
    return this.failure === 'unauthorized' || this.failure === 'forbidden';
  }
}
