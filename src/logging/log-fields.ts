import { AsyncLocalStorage } from 'node:async_hooks';

/** What a line of the log is about; each key is one of the JSON form. */
export interface LogFields {
  /** Of the HTTP request that is answered: the client's `X-Request-Id`, or one of this server's. */
  readonly requestId?: string;
  readonly jobId?: string;
  readonly processId?: string;
  /** The Kubernetes object that is reconciled: `pod/NAME`, `job/NAME`, of a visualisation `NAMESPACE/NAME`. */
  readonly resource?: string;
}

const storage = new AsyncLocalStorage<{ fields: LogFields }>();

/** Runs the work, and all that it starts, with these fields in every line, in the place of those of whoever calls. */
export function withLogFields<T>(fields: LogFields, work: () => T): T {
  return storage.run({ fields }, work);
}

/** Adds fields to what is under way, as soon as they are known; without effect where nothing is. */
export function addLogFields(fields: LogFields): void {
  const current = storage.getStore();
  if (current) current.fields = { ...current.fields, ...fields };
}

/** The fields of what is under way. */
export function logFields(): LogFields {
  return storage.getStore()?.fields ?? {};
}
