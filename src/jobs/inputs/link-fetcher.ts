import { request, type Agent, type Dispatcher } from 'undici';
import type { LinkedInputSettings } from '../../config/linked-input-settings.js';
import type { AllowedHosts } from '../../outbound/allowed-hosts.js';
import { NoRoomError, type ByteHold } from '../../outbound/byte-budget.js';
import { GatheredBytes } from '../../outbound/gathered-bytes.js';
import { createOutboundDispatcher, isAddressNotAllowed } from '../../outbound/outbound-dispatcher.js';
import type { LinkedValue } from '../../processes/request/input-validation.js';
import { isJson } from '../results/results-values.js';
import { traceHeaders } from '../../tracing/tracing.js';

/** How long fetching may take, milliseconds. */
export interface LinkTimes {
  /** Until a connection is there. */
  readonly connect: number;
  /** Without a byte of the body. */
  readonly idle: number;
  /** For one link, with where it redirects to. */
  readonly link: number;
  /** For all links of a request. */
  readonly request: number;
}

export const LINK_TIMES: LinkTimes = { connect: 5_000, idle: 5_000, link: 15_000, request: 60_000 };
const MOST_REDIRECTS = 5;

/** What keeps a link from being checked, as a sentence part. Shows nothing of what is there. */
export class Unfetchable extends Error {}

/** The request has had its bytes, or its time: its other links are not looked at. */
export class RequestExhausted extends Unfetchable {}

/** Its bytes: a link has so many, or more. */
export class BytesExhausted extends RequestExhausted {
  constructor(
    message: string,
    readonly bytes: number,
  ) {
    super(message);
  }
}

/** What a link is fetched with. */
export interface Fetching {
  /** Takes what is kept of the body; given back by the caller. */
  readonly hold: ByteHold;
  readonly signal: AbortSignal;
  /** What all links of the request may still have; counted down. */
  readonly request: { bytesLeft: number };
}

export interface Fetched {
  /** Undefined: whatever it is, it fits. */
  readonly bytes?: Buffer;
  /** As the answer says it. */
  readonly mediaType?: string;
}

/** Fetches what links lead to, from where that is allowed, also after redirects. */
export class LinkFetcher {
  private readonly dispatcher: Agent;

  constructor(
    private readonly allowed: AllowedHosts,
    private readonly settings: LinkedInputSettings,
    private readonly times: LinkTimes,
  ) {
    this.dispatcher = createOutboundDispatcher(allowed, {
      pipelining: 0,
      connectTimeout: times.connect,
      headersTimeout: times.link,
      bodyTimeout: times.idle,
    });
  }

  close(): Promise<void> {
    return this.dispatcher.destroy();
  }

  /** @throws Unfetchable, also where the signal is aborted; NoRoomError */
  async fetch(link: LinkedValue, fetching: Fetching): Promise<Fetched> {
    try {
      return await this.follow(new URL(link.href), link, fetching, 0);
    } catch (error) {
      throw this.meant(error);
    }
  }

  private async follow(url: URL, link: LinkedValue, fetching: Fetching, redirects: number): Promise<Fetched> {
    const refusal = /^https?:$/.test(url.protocol) ? this.allowed.refusal(url) : 'is no http or https address';
    if (refusal !== undefined)
      throw new Unfetchable(redirects === 0 ? refusal : 'redirects to where this server may not be sent');
    const { statusCode, headers, body } = await request(url, {
      dispatcher: this.dispatcher,
      signal: fetching.signal,
      headers: { accept: '*/*', 'user-agent': 'ogc-processes-k8s', ...traceHeaders() },
    });
    try {
      if (statusCode === 200) return await this.receive(body, headers, link, fetching);
    } finally {
      // What is not read to its end is not waited for.
      body.on('error', () => undefined).destroy();
    }
    if (statusCode < 300 || statusCode >= 400 || headers.location === undefined)
      throw new Unfetchable(`could not be fetched to validate it (HTTP ${statusCode})`);
    const target = URL.parse(String(headers.location), url.href);
    if (redirects >= MOST_REDIRECTS || !target) throw new Unfetchable('redirects to nowhere');
    return this.follow(target, link, fetching, redirects + 1);
  }

  /** Keeps of the body only what has to be compared with the schema. */
  private async receive(
    body: AsyncIterable<Buffer>,
    headers: Dispatcher.ResponseData['headers'],
    link: LinkedValue,
    { hold, request }: Fetching,
  ): Promise<Fetched> {
    const mediaType = typeof headers['content-type'] === 'string' ? headers['content-type'] : undefined;
    const declared = Number(headers['content-length'] ?? NaN);
    this.assertSize(declared, request.bytesLeft);
    const type = link.type ?? mediaType;
    const needsText = link.texts === 'base64' && (type === undefined || !isJson(type));
    const isText = needsText ? textCheck() : () => true;
    let isKept = link.texts !== 'any';
    let kept: GatheredBytes | undefined;
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      this.assertSize(size, request.bytesLeft);
      hold.received(chunk.length);
      if (isKept && isText(chunk)) {
        kept ??= new GatheredBytes(hold, this.settings.perLink, declared >= 0 ? declared : undefined);
        kept.add(chunk);
      } else if (isKept) {
        // What is no text is validated as base64, which it is whatever it is.
        isKept = false;
        kept = undefined;
        hold.release();
      }
    }
    request.bytesLeft -= size;
    return {
      ...(isKept ? { bytes: kept?.all() ?? Buffer.alloc(0) } : {}),
      ...(mediaType === undefined ? {} : { mediaType }),
    };
  }

  private assertSize(size: number, bytesLeft: number): void {
    const { perLink, perRequest } = this.settings;
    if (size > perLink) throw new Unfetchable(`has more than the ${perLink} bytes that are fetched to validate it`);
    if (size > bytesLeft)
      throw new BytesExhausted(
        `has, with the links before it, more than the ${perRequest} bytes that are fetched for one request`,
        size,
      );
  }

  private meant(error: unknown): unknown {
    if (error instanceof Unfetchable || error instanceof NoRoomError) return error;
    if (isAddressNotAllowed(error)) return new Unfetchable('is at an address that this server may not be sent to');
    const { name, code } = error as NodeJS.ErrnoException;
    if (name === 'TimeoutError' || code === 'UND_ERR_HEADERS_TIMEOUT')
      return new Unfetchable(`did not answer within ${this.times.link / 1000} seconds`);
    if (code === 'UND_ERR_BODY_TIMEOUT')
      return new Unfetchable(`sent nothing more for ${this.times.idle / 1000} seconds`);
    return new Unfetchable(`could not be fetched to validate it (${code ?? name})`);
  }
}

/** Whether the bytes so far, in pieces, can be the beginning of text (UTF-8). */
function textCheck(): (bytes: Buffer) => boolean {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return (bytes) => {
    try {
      decoder.decode(bytes, { stream: true });
      return true;
    } catch {
      return false;
    }
  };
}
