import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { request, type Agent } from 'undici';
import { Configuration } from '../../config/configuration.js';
import { InvalidRequestError, type RequestFault } from '../../ogc/domain-errors.js';
import { AllowedHosts } from '../../outbound/allowed-hosts.js';
import { createOutboundDispatcher, isAddressNotAllowed } from '../../outbound/outbound-dispatcher.js';
import { parseJson } from '../../json/parse-json.js';
import type { LinkedValue } from '../../processes/request/input-validation.js';
import { isJson } from '../results/results-values.js';
import { inCallSpan, traceHeaders } from '../../tracing/tracing.js';

/** Of all links of a request together, milliseconds. */
const TIME = 15_000;
const MOST_LINKS = 20;
const MOST_REDIRECTS = 5;
/** Named in the message of a fault. */
const MOST_MISFITS = 5;

/** What keeps a link from being checked, as a sentence part. Shows nothing of what is there. */
class Unfetchable extends Error {}

/**
 * Looks at what is behind links that are given for inputs, only to validate it: jobs get the links. Goes nowhere but where the configuration allows, also after redirects and whatever a name resolves to.
 */
@Injectable()
export class LinkedInputs implements OnApplicationShutdown {
  private readonly allowed: AllowedHosts;
  private readonly dispatcher: Agent;
  private readonly mostBytes: number;

  constructor({ environment, server }: Configuration) {
    this.allowed = new AllowedHosts(environment.inputHosts);
    this.dispatcher = createOutboundDispatcher(this.allowed, {
      pipelining: 0,
      headersTimeout: TIME,
      bodyTimeout: TIME,
    });
    this.mostBytes = server.maxRequestBytes;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.dispatcher.destroy();
  }

  /** @throws InvalidRequestError with each link that cannot be fetched, or leads to what does not fit */
  async assertValid(processId: string, links: readonly LinkedValue[] = []): Promise<void> {
    if (links.length === 0) return;
    const signal = AbortSignal.timeout(TIME);
    const faults =
      links.length > MOST_LINKS
        ? [
            {
              pointer: '/inputs',
              message: `must have at most ${MOST_LINKS} links to be validated (has ${links.length})`,
            },
          ]
        : (await Promise.all(links.map((link) => this.faultOf(link, signal)))).filter((fault) => fault !== undefined);
    if (faults.length > 0)
      throw new InvalidRequestError(`The execute request does not fit process "${processId}".`, faults);
  }

  private async faultOf(link: LinkedValue, signal: AbortSignal): Promise<RequestFault | undefined> {
    try {
      const attributes = { 'http.request.method': 'GET', 'ogc.input': link.pointer };
      const { bytes, mediaType } = await inCallSpan('fetch input', attributes, () =>
        this.fetch(new URL(link.href), signal),
      );
      const misfits = misfitsOf(link, bytes, link.type ?? mediaType);
      if (misfits.length === 0) return undefined;
      const places = misfits.slice(0, MOST_MISFITS).map((pointer) => pointer || 'its root');
      return {
        pointer: link.pointer,
        message: `leads to what does not fit the input's schema (at ${places.join(', ')})`,
      };
    } catch (error) {
      if (error instanceof Unfetchable) return { pointer: `${link.pointer}/href`, message: error.message };
      throw error;
    }
  }

  private async fetch(url: URL, signal: AbortSignal, redirects = 0): Promise<{ bytes: Buffer; mediaType?: string }> {
    const refusal = /^https?:$/.test(url.protocol) ? this.allowed.refusal(url) : 'is no http or https address';
    if (refusal !== undefined)
      throw new Unfetchable(redirects === 0 ? refusal : 'redirects to where this server may not be sent');
    const answer = await request(url, {
      dispatcher: this.dispatcher,
      signal,
      headers: { accept: '*/*', 'user-agent': 'ogc-processes-k8s', ...traceHeaders() },
    }).catch((error: unknown) => {
      throw unfetchable(error);
    });
    const { statusCode, headers, body } = answer;
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
      await body.dump().catch(() => undefined);
      const target = URL.parse(String(headers.location), url.href);
      if (redirects >= MOST_REDIRECTS || !target) throw new Unfetchable('redirects to nowhere');
      return this.fetch(target, signal, redirects + 1);
    }
    if (statusCode !== 200) {
      await body.dump().catch(() => undefined);
      throw new Unfetchable(`could not be fetched to validate it (HTTP ${statusCode})`);
    }
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of body) {
        size += (chunk as Buffer).length;
        if (size > this.mostBytes)
          throw new Unfetchable(`has more than the ${this.mostBytes} bytes that are fetched to validate it`);
        chunks.push(chunk as Buffer);
      }
    } catch (error) {
      throw unfetchable(error);
    }
    const mediaType = headers['content-type'];
    return { bytes: Buffer.concat(chunks), ...(typeof mediaType === 'string' ? { mediaType } : {}) };
  }
}

/** JSON is validated as what it says, anything else as text, or as base64 where it is none. */
function misfitsOf(link: LinkedValue, bytes: Buffer, mediaType: string | undefined): readonly string[] {
  const text = asText(bytes);
  if (text === undefined) return link.misfits(bytes.toString('base64'));
  if (mediaType === undefined || !isJson(mediaType)) return link.misfits(text);
  try {
    const misfits = link.misfits(parseJson(text, { duplicateKeys: 'last' }));
    return misfits.length === 0 ? misfits : link.misfits(text).length === 0 ? [] : misfits;
  } catch {
    return link.misfits(text);
  }
}

function asText(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function unfetchable(error: unknown): Unfetchable {
  if (error instanceof Unfetchable) return error;
  if (isAddressNotAllowed(error)) return new Unfetchable('is at an address that this server may not be sent to');
  const { name, code } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError' || name === 'AbortError')
    return new Unfetchable(`did not answer within ${TIME / 1000} seconds`);
  return new Unfetchable(`could not be fetched to validate it (${code ?? name})`);
}
