import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { setTimeout as delay } from 'node:timers/promises';
import { hookAnswers } from '../../ogc/requests/hooks.js';
import { networkOf } from '../../ogc/requests/network.js';
import { hasWrongToken } from '../../ogc/requests/wrong-token.js';

/** Milliseconds that the first wrong tokens of an address wait, each twice as long as the one before, */
const FIRST_WAIT = 100;
/** and at the most. */
const LONGEST_WAIT = 5_000;
/** Where a wrong token is answered all the same: probes, which have a second, are not to fail because a token was replaced. */
const LONGEST_WAIT_OF_PROBES = 500;
/** After so long without another an address is forgotten, milliseconds. */
const FORGOTTEN_AFTER = 600_000;
/** Addresses that are remembered; the ones longest ago go first. */
const MOST_ADDRESSES = 10_000;
/** Answers that wait at a time, of all addresses and of one; what comes beyond is told to come later. */
const MOST_WAITING = 256;
const MOST_WAITING_OF_ONE = 8;

interface Record {
  count: number;
  last: number;
  waiting: number;
}

/** How long the answer to a wrong token waits, or that it does not and is another (429). */
export type Penalty =
  { readonly count: number; readonly wait: number } | { readonly count: number; readonly wait: 'not' };

/** Who gave wrong tokens lately; memory and timers are bounded. Right tokens are nothing to it. */
export class WrongTokens {
  private readonly addresses = new Map<string, Record>();
  private waiting = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @param address of the caller; addresses of one IPv6 network are one caller's */
  note(address: string): Penalty {
    const record = this.remember(networkOf(address));
    record.count += 1;
    record.last = this.now();
    if (this.waiting >= MOST_WAITING || record.waiting >= MOST_WAITING_OF_ONE)
      return { count: record.count, wait: 'not' };
    return { count: record.count, wait: Math.min(FIRST_WAIT * 2 ** Math.min(record.count - 1, 30), LONGEST_WAIT) };
  }

  /** Counts as waiting while the work lasts. */
  async during(address: string, work: Promise<unknown>): Promise<void> {
    const record = this.addresses.get(networkOf(address));
    this.waiting += 1;
    if (record) record.waiting += 1;
    try {
      await work;
    } finally {
      this.waiting -= 1;
      if (record) record.waiting -= 1;
    }
  }

  get size(): number {
    return this.addresses.size;
  }

  private remember(key: string): Record {
    const known = this.addresses.get(key);
    this.addresses.delete(key);
    const isRecent = known !== undefined && this.now() - known.last < FORGOTTEN_AFTER;
    const record = isRecent ? known : { count: 0, last: 0, waiting: known?.waiting ?? 0 };
    this.addresses.set(key, record);
    const [oldest] = this.addresses.keys();
    if (this.addresses.size > MOST_ADDRESSES && oldest !== undefined) this.addresses.delete(oldest);
    return record;
  }
}

/** Whether the request showed a token, wherever tokens are taken from. */
function showsToken({ headers, body }: FastifyRequest): boolean {
  if (headers.authorization !== undefined) return true;
  const { token, inputs } = (typeof body === 'object' && body !== null ? body : {}) as {
    token?: unknown;
    inputs?: unknown;
  };
  if (typeof token === 'string' && token !== '') return true;
  return typeof inputs === 'object' && inputs !== null && Object.hasOwn(inputs, 'token');
}

/**
 * Slows the answers to wrong tokens, by the caller's address (`request.ip`, as far as proxies are trusted), and logs them: the first
 * ones, then ever fewer.
 * Nothing else waits, whoever else is at that address.
 */
export function slowWrongTokens(fastify: FastifyInstance, wrong = new WrongTokens()): void {
  const logger = new Logger('WrongTokens');
  const concerns = (request: FastifyRequest, { statusCode }: FastifyReply) =>
    statusCode === 401 ? showsToken(request) : hasWrongToken(request);
  hookAnswers(fastify, concerns, async (request, reply, payload) => {
    const isAnswered = reply.statusCode !== 401;
    const { count, wait } = wrong.note(request.ip);
    if (count <= 5 || Number.isInteger(Math.log2(count)))
      logger.warn(
        `A wrong token of ${request.ip} for ${request.method} ${request.routeOptions.url ?? 'no resource'}: number ${count} of late`,
      );
    if (wait === 'not') {
      void reply
        .status(429)
        .header('retry-after', String(Math.ceil(LONGEST_WAIT / 1000)))
        .removeHeader('www-authenticate');
      const isJson = String(reply.getHeader('content-type')).includes('json');
      if (!isJson) return payload;
      const detail = 'Too many requests with wrong tokens came from this address; try again later.';
      void reply.removeHeader('content-length');
      return JSON.stringify({ type: 'about:blank', title: 'Too Many Requests', status: 429, detail });
    }
    // A timer that nobody waits for any more ends with the connection, and does not keep the process.
    const gone = new AbortController();
    const onClose = () => gone.abort();
    reply.raw.once('close', onClose);
    await wrong.during(
      request.ip,
      delay(isAnswered ? Math.min(wait, LONGEST_WAIT_OF_PROBES) : wait, undefined, {
        signal: gone.signal,
        ref: false,
      }).catch(() => undefined),
    );
    reply.raw.off('close', onClose);
    return payload;
  });
}
