/** Seconds, as all durations here. */
type Seconds = number;

/** One request to the Kubernetes API. */
export interface KubernetesRequest {
  /** As in a Role: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`. */
  readonly verb: string;
  /** As in a Role, with its subresource: `jobs`, `pods/log`; `other` for what is no resource that the server uses. */
  readonly resource: string;
  /** HTTP status; undefined: no (whole) answer came. */
  readonly status: number | undefined;
  /** To the end of the answer; of a watch or a log to its beginning. */
  readonly seconds: Seconds;
}

/** One pass over a key of a work queue. */
export interface QueuePass {
  readonly queue: string;
  /** Between being added and being worked on. */
  readonly waited: Seconds;
  readonly worked: Seconds;
}

/** One call of the object store. */
export interface StoreOperation {
  readonly operation: string;
  /** The kind of failure; undefined: it succeeded. */
  readonly failure: string | undefined;
  /** Of reading to the first byte. */
  readonly seconds: Seconds;
}

/** One call of a subscriber. */
export interface SubscriberCall {
  readonly event: string;
  readonly result: 'delivered' | 'retry' | 'give-up';
  readonly seconds: Seconds;
}

/**
 * What parts of the server tell of their work while they do it, for whoever counts and times it: nobody here. `src/metrics` extends it. Methods are called often, so they are quick,
 * and never throw.
 */
export class Observer {
  kubernetesRequest(_request: KubernetesRequest): void {}

  queuePass(_pass: QueuePass): void {}

  storeOperation(_operation: StoreOperation): void {}

  /** @param seconds from the execute request having been read to the Job being there */
  executionAccepted(_processId: string, _seconds: Seconds): void {}

  /** @param error why no Job was made */
  executionRefused(_processId: string, _error: unknown): void {}

  /** A synchronous request has waited. @param result `running`: it was answered without the job having ended; `gone`: the job was removed */
  syncWait(_result: 'ended' | 'running' | 'gone', _seconds: Seconds): void {}

  /** What an ended job leaves behind could not be collected, and is tried again. */
  collectionFailed(_error: unknown): void {}

  subscriberCalled(_call: SubscriberCall): void {}

  /** Of a message for the broker. @param result `dropped`: it was refused, or there was no room to wait in */
  messagePublished(_result: 'published' | 'dropped'): void {}
}
