import { ArchiveAwayError, SearchTooLongError } from '../archive/records/archive.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { ObjectStoreError } from '../object-store/object-store.js';
import { type DomainError, MisconfiguredError, UnavailableError } from '../ogc/domain-errors.js';
import { InvalidSecurityContextError } from '../security-context/security-contexts.js';

/** Failures of what the server stands on, as the domain says it; undefined for all others. The details are for the log, not for clients. */
export function translateFailures(error: unknown): DomainError | undefined {
  if (error instanceof KubernetesError) {
    return new UnavailableError('The cluster does not answer this request now.', error.retryAfterSeconds);
  }
  if (error instanceof ObjectStoreError)
    return new UnavailableError('The object store does not answer this request now.');
  if (error instanceof ArchiveAwayError) return new UnavailableError('The archive does not answer this request now.');
  if (error instanceof SearchTooLongError)
    return new UnavailableError('The search took too long: ask for fewer jobs, by datetime, processID or status.');
  if (error instanceof InvalidSecurityContextError) return new MisconfiguredError(error.message);
  return undefined;
}
