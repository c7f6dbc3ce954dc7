import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Addresses that this server may be sent to by what clients write: the default is the public internet. */
export const PUBLIC = 'public';

/**
 * Which hosts may be asked on a client's behalf. Entries are `public` (any host, at public addresses), `*` (everything), a name, `*.example.org` (names beneath it, not itself),
 * an address or a network (`10.0.0.0/8`; any host at such an address). A host that is named may be at any address.
 */
export class AllowedHosts {
  private readonly names: readonly string[];
  private readonly networks: readonly (readonly [Address, number])[];
  private readonly isPublicAllowed: boolean;
  private readonly isAllAllowed: boolean;

  /** @param entries of the form that the configuration has checked */
  constructor(entries: readonly string[]) {
    const others = entries.filter((entry) => entry !== PUBLIC && entry !== '*');
    this.isPublicAllowed = entries.includes(PUBLIC);
    this.isAllAllowed = entries.includes('*');
    this.networks = others.filter(isNetwork).map(parseNetwork);
    this.names = others.filter((entry) => !isNetwork(entry)).map(normalizeName);
  }

  /**
   * Whether a connection to this address, made for this host, is allowed.
   * @param hostname as in a URL
   */
  permits(hostname: string, address: string): boolean {
    return this.isNamed(hostname) || this.permitsAddress(address);
  }

  /**
   * What can be said against a URL before its host is looked up: the rest shows when a connection is made.
   * @returns a sentence part, undefined where nothing is known against it
   */
  refusal({ hostname }: Pick<URL, 'hostname'>): string | undefined {
    if (this.isNamed(hostname)) return undefined;
    const host = bare(hostname);
    const addresses = isIP(host) ? [host] : isLocalhost(host) ? ['127.0.0.1', '::1'] : undefined;
    if (addresses)
      return addresses.some((address) => this.permitsAddress(address))
        ? undefined
        : `is at an address that this server may not be sent to (${host})`;
    return this.isPublicAllowed || this.networks.length > 0
      ? undefined
      : `names a host that this server may not be sent to (${host})`;
  }

  private isNamed(hostname: string): boolean {
    if (this.isAllAllowed) return true;
    const host = bare(hostname);
    return this.names.some((name) => (name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name));
  }

  private permitsAddress(text: string): boolean {
    const address = parseAddress(text);
    if (!address) return false;
    if (this.isPublicAllowed && isPublic(address)) return true;
    return this.networks.some(
      ([network, length]) => network.kind() === address.kind() && address.match([network, length]),
    );
  }
}

/** An IPv4 address that an IPv6 address only wraps (mapped, or translated by NAT64) is what is really connected to. */
function parseAddress(text: string): Address | undefined {
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  if (address.kind() === 'ipv6' && address.match(NAT64))
    return ipaddr.fromByteArray(address.toByteArray().slice(12)) as ipaddr.IPv4;
  return address;
}

const NAT64 = ipaddr.parseCIDR('64:ff9b::/96');
/** All that is assigned of IPv6's global unicast addresses (RFC 4291, section 2.4). */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

function isPublic(address: Address): boolean {
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || address.match(GLOBAL_UNICAST));
}

function isNetwork(entry: string): boolean {
  return isIP(bare(entry.split('/', 1)[0] ?? '')) !== 0;
}

function parseNetwork(entry: string): readonly [Address, number] {
  const [text = '', length] = entry.split('/');
  const address = parseAddress(bare(text)) as Address;
  return [address, length === undefined ? (address.kind() === 'ipv4' ? 32 : 128) : Number(length)];
}

function normalizeName(entry: string): string {
  const wildcard = entry.startsWith('*.') ? '*.' : '';
  return wildcard + bare(domainToASCII(entry.slice(wildcard.length)));
}

/** Without the brackets of an IPv6 address and the dot of a rooted name. */
function bare(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}
