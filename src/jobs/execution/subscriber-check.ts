import { isMapping } from '../../config/validation.js';
import { InvalidRequestError, type RequestFault } from '../../ogc/domain-errors.js';
import type { AllowedHosts } from '../../outbound/allowed-hosts.js';
import type { Subscriber } from '../../processes/request/execute-request.js';
import type { Subscription } from '../model/subscription.js';

/** Of one address, bytes. */
const LONGEST_URI = 2048;

/**
 * What is kept with a job of the addresses that its execute request subscribes; undefined where there are none.
 * @param body as it was sent: it knows which of the spellings the client used
 * @throws InvalidRequestError for addresses that can be seen to be not allowed; what a name leads to shows when it is called
 */
export function subscriptionOf(
  subscriber: Subscriber | undefined,
  body: unknown,
  hosts: AllowedHosts,
  base: string,
): Subscription | undefined {
  const { inProgressUri, successUri, failedUri } = subscriber ?? {};
  const uris = Object.entries({ inProgress: inProgressUri, success: successUri, failed: failedUri }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const faults = uris.flatMap(([event, uri]): RequestFault[] => {
    const message =
      Buffer.byteLength(uri) > LONGEST_URI ? `must have at most ${LONGEST_URI} bytes` : hosts.refusal(new URL(uri));
    return message === undefined ? [] : [{ pointer: `/subscriber/${spellingOf(event, body)}`, message }];
  });
  // Where `server.url` is not set it comes from headers of the request, and is kept with the job.
  if (uris.length > 0 && Buffer.byteLength(base) > LONGEST_URI)
    faults.push({ pointer: 'Host', message: `must lead to an address of this API of at most ${LONGEST_URI} bytes` });
  if (faults.length > 0) throw new InvalidRequestError('The subscriber cannot be called.', faults);
  return uris.length === 0 ? undefined : { base, uris: Object.fromEntries(uris) };
}

function spellingOf(event: string, body: unknown): string {
  const sent = isMapping(body) && isMapping(body['subscriber']) ? body['subscriber'] : {};
  return sent[`${event}Uri`] === undefined ? `${event}Url` : `${event}Uri`;
}
