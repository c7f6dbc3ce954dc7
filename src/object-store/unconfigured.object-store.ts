import { ObjectStore, ObjectStoreError } from './object-store.js';

/** Stands where a store is wanted but its settings are missing: everything rejects with `not-configured`, naming them. */
export class UnconfiguredObjectStore extends ObjectStore {
  readonly description: string;

  /** @param missing names of the settings that are missing */
  constructor(private readonly missing: readonly string[]) {
    super();
    this.description = `no object store (${missing.join(', ')} not set)`;
  }

  override create(): Promise<never> {
    return this.#reject();
  }

  override replace(): Promise<never> {
    return this.#reject();
  }

  override head(): Promise<never> {
    return this.#reject();
  }

  override read(): Promise<never> {
    return this.#reject();
  }

  override remove(): Promise<never> {
    return this.#reject();
  }

  override check(): Promise<never> {
    return this.#reject();
  }

  // Retryable: nothing is lost by waiting until the operator has set them and a new server takes over.
  #reject(): Promise<never> {
    const message = `no object store is configured: set ${this.missing.join(', ')}`;
    return Promise.reject(new ObjectStoreError('not-configured', message, true));
  }
}
