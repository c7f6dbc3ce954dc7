import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { Configuration } from '../config/configuration.js';
import {
  followerSettings,
  listenerSettings,
  readerSettings,
  type FollowerSettings,
  type ReaderSettings,
} from '../config/reader-settings.js';
import { ApiToken, bearerToken } from '../ogc/api-token.js';
import { UnavailableError } from '../ogc/domain-errors.js';
import { isOfApiToken, sessionOf } from '../ogc/requests/session.js';

/** Milliseconds over which a reader's rate is taken: longer than lines are interrupted, and windows of receivers stand still. */
const WINDOW = 60_000;
const LOOKS = 10_000;
/** Seconds after which somebody will have finished. */
const RETRY_AFTER = 5;

/** Who reads, as its request says it. */
export interface ReadingRequest {
  /** As far as proxies are trusted. */
  readonly ip: string;
  readonly headers: IncomingHttpHeaders;
}

/** What is sent to a reader, as a response of Node's. */
export interface Sending {
  /** Whether bytes wait for the reader. */
  readonly writableNeedDrain: boolean;
  readonly socket: Pick<Socket, 'bytesWritten' | 'destroy'> | null;
  once(event: 'close', listener: () => void): unknown;
}

/** Those who read results and stored logs, who follow logs, and who listen to events are counted apart. */
type Kind = 'readers' | 'followers' | 'listeners';

const WHAT: Readonly<Record<Kind, string>> = {
  readers: 'results and logs are being read',
  followers: 'logs are being followed',
  listeners: 'streams of events are open',
};

interface Reader {
  readonly kind: Kind;
  readonly caller: string;
  readonly sending: Sending;
  /** Since when, by {@link Readers.now}, and with how many bytes sent, the rate is taken. */
  since: number;
  bytes: number;
}

/** Who reads results and logs at the moment: at most so many, of one caller and in all, none of them for ever. */
@Injectable()
export class Readers implements OnModuleDestroy {
  private readonly logger = new Logger(Readers.name);
  private readonly settings: ReaderSettings;
  private readonly following: FollowerSettings;
  private readonly listening: FollowerSettings;
  private readonly apiToken: ApiToken;
  private readonly readers = new Set<Reader>();
  private readonly timer = setInterval(() => this.look(), LOOKS).unref();
  /** Milliseconds of a clock that only goes forward. */
  now = (): number => performance.now();

  constructor({ server, environment }: Configuration) {
    this.settings = readerSettings(server);
    this.following = followerSettings(server);
    this.listening = listenerSettings(server);
    this.apiToken = new ApiToken(environment.apiToken);
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /**
   * Counts a reader of a result or of a stored log until its response is closed.
   * @throws UnavailableError beyond what may be read at once
   */
  admit(request: ReadingRequest, sending: Sending): void {
    this.admitOf('readers', this.settings, request, sending);
  }

  /** As {@link admit}, of who follows a log. */
  admitFollower(request: ReadingRequest, sending: Sending): void {
    this.admitOf('followers', this.following, request, sending);
  }

  /** As {@link admit}, of who listens to events of jobs. */
  admitListener(request: ReadingRequest, sending: Sending): void {
    this.admitOf('listeners', this.listening, request, sending);
  }

  /** As {@link admit}, of who is never refused. */
  watch(request: ReadingRequest, sending: Sending): void {
    this.add('readers', this.callerOf(request), sending);
  }

  private admitOf(kind: Kind, limits: FollowerSettings, request: ReadingRequest, sending: Sending): void {
    const { atOnce, perCaller } = limits;
    const caller = this.callerOf(request);
    const present = [...this.readers].filter((reader) => reader.kind === kind);
    if (present.length >= atOnce)
      throw new UnavailableError(
        `${atOnce} ${WHAT[kind]}, which is as many as this server sends at once (server.${kind}.at_once).`,
        RETRY_AFTER,
      );
    if (present.filter((reader) => reader.caller === caller).length >= perCaller)
      throw new UnavailableError(
        `From your address ${perCaller} ${WHAT[kind]}, which is as many as it may at once (server.${kind}.per_caller).`,
        RETRY_AFTER,
      );
    this.add(kind, caller, sending);
  }

  private add(kind: Kind, caller: string, sending: Sending): void {
    const reader: Reader = { kind, caller, sending, since: this.now(), bytes: sending.socket?.bytesWritten ?? 0 };
    this.readers.add(reader);
    sending.once('close', () => this.readers.delete(reader));
  }

  /** Ends those that have taken too little for a whole window although there was something to take. */
  look(): void {
    const now = this.now();
    const least = (this.settings.minimumRate * WINDOW) / 1000;
    for (const reader of this.readers) {
      const { sending } = reader;
      const bytes = sending.socket?.bytesWritten ?? 0;
      // Whoever waits for this server, or for the store, is not slow itself.
      const isFast = !sending.writableNeedDrain || bytes - reader.bytes >= least;
      if (isFast) Object.assign(reader, { since: now, bytes });
      else if (now - reader.since >= WINDOW) {
        this.logger.log(
          `Ended an answer to ${reader.caller}, which took less than ${this.settings.minimumRate} bytes a second (server.readers.minimum_rate)`,
        );
        sending.socket?.destroy();
      }
    }
  }

  /** Who has no token does not take the places of those who have it and come from the same address, by a proxy, say. */
  private callerOf(request: ReadingRequest): string {
    const { ip, headers } = request;
    const isKnown = isOfApiToken(sessionOf(request)) || this.apiToken.matches(bearerToken(headers.authorization));
    return isKnown ? `${ip} (with the token)` : ip;
  }
}
