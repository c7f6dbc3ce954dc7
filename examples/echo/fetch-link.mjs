import { lookup } from 'node:dns';
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { BlockList, isIP } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Why a link cannot be fetched, as a sentence part. */
export class LinkError extends Error {}

const MOST_BYTES = 64 * 1024 ** 2;
const MOST_REDIRECTS = 5;
const TIME = 60_000;

/** Addresses that are nobody's in public (RFC 6890). */
const privateNetworks = new BlockList();
for (const network of [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.168.0.0/16',
  '198.18.0.0/15 224.0.0.0/3 ::/16 64:ff9b::/32 100::/64 2002::/16 fc00::/7 fe80::/9 ff00::/8',
].flatMap((line) => line.split(' '))) {
  const [address, bits] = network.split('/');
  privateNetworks.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
}

const isPrivate = (address) => privateNetworks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/**
 * Fetches what is behind a link. The server has looked at it before, but from elsewhere and at another moment: a name may
 * resolve to another address by now, so each address is looked at again before it is connected to.
 *
 * @param {string} href
 * @param {{ allowPrivate?: boolean }} [options] whether a link may lead into a private network
 * @returns {Promise<{ bytes: Buffer, mediaType?: string }>}
 * @throws {LinkError}
 */
export async function fetchLink(href, { allowPrivate = false } = {}) {
  const signal = AbortSignal.timeout(TIME);
  let url = new URL(href);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const response = await open(url, allowPrivate, signal);
    const { statusCode, headers } = response;
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
      response.destroy();
      url = new URL(headers.location, url);
      continue;
    }
    if (statusCode !== 200) {
      response.destroy();
      throw new LinkError(`HTTP ${statusCode}`);
    }
    return { bytes: await read(response), mediaType: headers['content-type'] };
  }
  throw new LinkError(`it is redirected more than ${MOST_REDIRECTS} times`);
}

function open(url, allowPrivate, signal) {
  if (!/^https?:$/.test(url.protocol)) throw new LinkError('it leads to no http or https address');
  const refused = () => new LinkError('it leads into a private network');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate && isIP(host) && isPrivate(host)) throw refused();
  const checkedLookup = (name, options, done) =>
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error) return done(error);
      if (!allowPrivate && found.some(({ address }) => isPrivate(address))) return done(refused());
      return options.all ? done(null, found) : done(null, found[0].address, found[0].family);
    });
  const get = url.protocol === 'https:' ? getHttps : getHttp;
  return new Promise((resolve, reject) => {
    get(url, { lookup: checkedLookup, signal, agent: false, headers: { accept: '*/*' } }, resolve).on(
      'error',
      (error) => reject(error instanceof LinkError ? error : new LinkError(error.message)),
    );
  });
}

async function read(response) {
  let size = 0;
  response.on('data', ({ length }) => {
    size += length;
    if (size > MOST_BYTES) response.destroy(new LinkError(`it has more than ${MOST_BYTES} bytes`));
  });
  return buffer(response).catch((error) => {
    throw error instanceof LinkError ? error : new LinkError(error.message);
  });
}
