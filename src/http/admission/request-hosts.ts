import type { FastifyInstance } from 'fastify';
import { BlockList, isIP } from 'node:net';
import type { ServerSection } from '../../config/configuration.js';
import { MisdirectedError } from '../../ogc/domain-errors.js';

/** Asked by probes, scrapers and pods, by whatever address they know. */
const OPEN_PATHS = /^\/(?:health|metrics|transfer)(?:\/|$)/;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Whether the server answers to this host.
 * @param host of a request: a name or an address, and a port or none; anything else is no host
 * @param allowed names, `*.example.org`, addresses, `loopback`; `*`: all
 */
export function isAllowedHost(host: string, allowed: readonly string[]): boolean {
  const written = /^(\[[^\]]*\]|[^:]*)(?::\d{0,5})?$/.exec(host)?.[1];
  if (written === undefined) return allowed.includes('*');
  const name = bare(written);
  return allowed.some((entry) => {
    if (entry === '*') return true;
    if (entry === 'loopback') return isLoopback(name);
    if (entry.startsWith('*.')) return name.endsWith(entry.slice(1).toLowerCase()) && name.length >= entry.length;
    return bare(entry) === name;
  });
}

function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

function isLoopback(name: string): boolean {
  const version = isIP(name);
  if (version === 0) return name === 'localhost' || name.endsWith('.localhost');
  return loopback.check(name, version === 4 ? 'ipv4' : 'ipv6');
}

/**
 * The address that the server listens at. What runs jobs as processes of this machine is nobody else's, unless somebody says so; of a
 * container nothing could be reached at its loopback address, and what of it is published is said elsewhere.
 */
export function hostToListenAt(
  { host, isDefault }: ServerSection['bind'],
  cluster: { readonly embedded: boolean; readonly insideContainer: boolean },
): string {
  return isDefault && cluster.embedded && !cluster.insideContainer ? '127.0.0.1' : host;
}

/**
 * The hosts that the server answers to; undefined: any. Always that of `server.url`, too, and what it listens at, which stands in the log.
 * @param embedded the embedded cluster runs jobs on this very machine: a page of any site whose name leads here could have them run
 */
export function allowedHosts({ hosts, url, bind }: ServerSection, embedded: boolean): readonly string[] | undefined {
  if (hosts === undefined && !embedded) return undefined;
  const own = url === undefined ? [] : [new URL(url).hostname];
  return [...(hosts ?? ['loopback']), bind.host, ...own];
}

/** Refuses requests for other hosts (421; RFC 9110, section 15.5.20): no page of another site gets here by a name of its own. */
export function checkHosts(fastify: FastifyInstance, allowed: readonly string[] | undefined): void {
  if (!allowed) return;
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (OPEN_PATHS.test(request.url.split('?', 1)[0] ?? '') || isAllowedHost(request.host, allowed)) return done();
    done(
      new MisdirectedError(
        'This server does not answer to the host of this request. Operator: server.hosts (or server.url) names the hosts that it answers to.',
      ),
    );
  });
}
