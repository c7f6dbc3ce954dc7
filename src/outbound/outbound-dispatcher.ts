import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import type { AllowedHosts } from './allowed-hosts.js';

/** Resolves names as `dns.lookup` with `all: true`. */
export type Lookup = (
  hostname: string,
  options: { readonly all: true; readonly family?: number | 'IPv4' | 'IPv6'; readonly hints?: number },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface OutboundOptions extends Omit<Agent.Options, 'connect'> {
  /** Milliseconds until a connection must be there; default 10,000. */
  readonly connectTimeout?: number;
  /** Default: the system's. */
  readonly lookup?: Lookup;
}

/** No connection was made, for every address of the host is one that this server may not be sent to. Holds no more of the URL than the host. */
export class AddressNotAllowedError extends Error {
  readonly code = 'ERR_ADDRESS_NOT_ALLOWED';

  constructor(readonly hostname: string) {
    super(`The host ${hostname} is at an address that this server may not be sent to.`);
    this.name = AddressNotAllowedError.name;
  }
}

/** Also for errors that crossed a library. */
export function isAddressNotAllowed(error: unknown): error is AddressNotAllowedError {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_ADDRESS_NOT_ALLOWED';
}

/**
 * For requests to addresses that clients give: it connects only to what is allowed. The address itself is checked, after the name was resolved and of that very resolution, so that neither a
 * name, nor a name that changes, nor a redirect leads elsewhere. Redirects are not followed unless the caller does, and then each is checked as well.
 */
export function createOutboundDispatcher(
  allowed: AllowedHosts,
  { connectTimeout, lookup = systemLookup, ...options }: OutboundOptions = {},
): Agent {
  const connect = buildConnector({ timeout: connectTimeout ?? 10_000, lookup: checkedLookup(allowed, lookup) });
  return new Agent({
    ...options,
    // Node does not look up what is an address already.
    connect: (target, callback) =>
      isIP(target.hostname) !== 0 && !allowed.permits(target.hostname, target.hostname)
        ? callback(new AddressNotAllowedError(target.hostname), null)
        : connect(target, callback),
  });
}

function checkedLookup(allowed: AllowedHosts, lookup: Lookup): LookupFunction {
  return (hostname, { all, family, hints }, callback) => {
    lookup(hostname, { all: true, family, hints }, (error, found) => {
      if (error) return callback(error, '');
      const addresses = found.filter(({ address }) => allowed.permits(hostname, address));
      const [first] = addresses;
      if (!first) return callback(new AddressNotAllowedError(hostname), '');
      return all ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}
