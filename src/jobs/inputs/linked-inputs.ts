import { Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import { Configuration } from '../../config/configuration.js';
import { linkedInputSettings, MOST_LINKS } from '../../config/linked-input-settings.js';
import { InvalidRequestError, UnavailableError, type RequestFault } from '../../ogc/domain-errors.js';
import { AllowedHosts } from '../../outbound/allowed-hosts.js';
import { ByteBudget, NoRoomError } from '../../outbound/byte-budget.js';
import { parseJson } from '../../json/parse-json.js';
import type { LinkedValue } from '../../processes/request/input-validation.js';
import { isJson } from '../results/results-values.js';
import { inCallSpan } from '../../tracing/tracing.js';
import {
  BytesExhausted,
  LINK_TIMES,
  LinkFetcher,
  RequestExhausted,
  Unfetchable,
  type LinkTimes,
} from './link-fetcher.js';

/** Named in the message of a fault. */
const MOST_MISFITS = 5;

/** What the links of one request share. */
interface Looking {
  /** Bytes that may still be fetched. */
  bytesLeft: number;
  readonly timeOut: AbortSignal;
  readonly gone: AbortSignal | undefined;
}

/** What the caller may send of inputs, bytes. */
export interface Allowance {
  readonly bytes: number;
  /** Of those, what has come already. */
  readonly used: number;
  refusal(used: number): Error;
}

/**
 * Looks at what is behind links that are given for inputs, only to validate it: jobs get the links. Of a request one link is looked at
 * after another, and what is there is let go before the next; all requests together hold no more than a budget, for which none of them
 * waits. Goes nowhere but where the configuration allows, also after redirects and whatever a name resolves to.
 */
@Injectable()
export class LinkedInputs implements OnApplicationShutdown {
  private readonly fetcher: LinkFetcher;
  private readonly budget: ByteBudget;
  private readonly bytesOfARequest: number;

  constructor(
    { environment, server }: Configuration,
    @Optional() private readonly times: LinkTimes = LINK_TIMES,
  ) {
    const settings = linkedInputSettings(server);
    this.fetcher = new LinkFetcher(new AllowedHosts(environment.inputHosts), settings, times);
    this.budget = new ByteBudget(settings.atOnce);
    this.bytesOfARequest = settings.perRequest;
  }

  /** Bytes that are held now, of all requests. */
  get bytesHeld(): number {
    return this.budget.inUse;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.fetcher.close();
  }

  /**
   * @param gone aborted when nobody waits for the answer any more
   * @throws InvalidRequestError with each link that cannot be fetched, or leads to what does not fit; UnavailableError where the server
   * holds as much of others as it may, or the client has gone; what `allowance` says where the links lead to more than it has
   */
  async assertValid(
    processId: string,
    links: readonly LinkedValue[] = [],
    gone?: AbortSignal,
    allowance?: Allowance,
  ): Promise<void> {
    if (links.length === 0) return;
    const faults =
      links.length > MOST_LINKS
        ? [
            {
              pointer: '/inputs',
              message: `must have at most ${MOST_LINKS} links to be validated (has ${links.length})`,
            },
          ]
        : await this.faultsOf(links, gone, allowance);
    if (faults.length > 0)
      throw new InvalidRequestError(`The execute request does not fit process "${processId}".`, faults);
  }

  private async faultsOf(
    links: readonly LinkedValue[],
    gone: AbortSignal | undefined,
    allowance: Allowance | undefined,
  ): Promise<RequestFault[]> {
    const allowed = allowance ? Math.max(0, allowance.bytes - allowance.used) : Infinity;
    const bytesLeft = Math.min(this.bytesOfARequest, allowed);
    const looking = { bytesLeft, timeOut: AbortSignal.timeout(this.times.request), gone };
    const faults: RequestFault[] = [];
    for (const link of links) {
      try {
        const misfits = await this.misfitsOf(link, looking);
        if (misfits.length === 0) continue;
        const places = misfits.slice(0, MOST_MISFITS).map((pointer) => pointer || 'its root');
        const message = `leads to what does not fit the input's schema (at ${places.join(', ')})`;
        faults.push({ pointer: link.pointer, message });
      } catch (error) {
        if (!(error instanceof Unfetchable)) throw error;
        if (allowance && allowed < this.bytesOfARequest && error instanceof BytesExhausted)
          throw allowance.refusal(allowance.used + allowed - looking.bytesLeft + error.bytes);
        faults.push({ pointer: `${link.pointer}/href`, message: error.message });
        if (error instanceof RequestExhausted) break;
      }
    }
    return faults;
  }

  private async misfitsOf(link: LinkedValue, looking: Looking): Promise<readonly string[]> {
    const hold = this.budget.open();
    const { gone, timeOut } = looking;
    const ofTheLink = AbortSignal.timeout(this.times.link);
    const signal = AbortSignal.any([...(gone ? [gone] : []), hold.signal, timeOut, ofTheLink]);
    try {
      const attributes = { 'http.request.method': 'GET', 'ogc.input': link.pointer };
      const { bytes, mediaType } = await inCallSpan('fetch input', attributes, () =>
        this.fetcher.fetch(link, { hold, signal, request: looking }),
      ).catch((error: unknown) => {
        throw this.reasonOf(error, looking, hold.signal);
      });
      return bytes === undefined ? [] : misfitsOf(link, bytes, link.type ?? mediaType);
    } finally {
      hold.release();
    }
  }

  /** Whatever the fetching ended with, what broke it off is the reason. */
  private reasonOf(error: unknown, { gone, timeOut }: Looking, gaveWay: AbortSignal): unknown {
    if (gone?.aborted) return new UnavailableError('The client has gone.');
    if (error instanceof NoRoomError || gaveWay.aborted)
      return new UnavailableError(
        `The server holds at most ${this.budget.most} bytes at a time of what inputs given by link lead to ` +
          '(server.linked_inputs.at_once). Nothing was done; try again.',
      );
    if (timeOut.aborted)
      return new RequestExhausted(
        `could not be fetched within the ${this.times.request / 1000} seconds that all links of a request have`,
      );
    return error;
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
