import { Injectable, Logger, type OnModuleDestroy, Optional } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { Configuration } from '../config/configuration.js';
import {
  followerSettings,
  listenerSettings,
  readerSettings,
  waitSettings,
  type FollowerSettings,
  type ReaderSettings,
} from '../config/reader-settings.js';
import { ApiToken, bearerToken } from '../ogc/api-token.js';
import { UnavailableError } from '../ogc/domain-errors.js';
import { LimitExceededError } from '../ogc/limit-errors.js';
import { type Closing, onceClosed } from '../ogc/requests/client-gone.js';
import { isOfApiToken, sessionOf } from '../ogc/requests/session.js';
import { type Caller, callerOf } from './caller.js';
import { Identities } from './identity/identities.js';
import type { Rules } from './rules/rules.js';
import { Standing } from './standing.js';

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
export interface Sending extends Closing {
  /** Whether bytes wait for the reader. */
  readonly writableNeedDrain: boolean;
  readonly socket: Pick<Socket, 'bytesWritten' | 'destroy'> | null;
}

/** Those who read results and stored logs, who follow logs, who listen to events, and who wait for a job are counted apart. */
type Kind = 'readers' | 'followers' | 'listeners' | 'waits';

const WHAT: Readonly<Record<Kind, string>> = {
  readers: 'results and logs are being read',
  followers: 'logs are being followed',
  listeners: 'streams of events are open',
  waits: 'requests wait for their jobs',
};

/** Whose a request is, for counting. */
interface Asking {
  readonly caller: string;
  /** As in `From your address 5`. */
  readonly of: string;
  readonly isIdentified: boolean;
  /** Only the limit for all holds. */
  readonly isUnlimited: boolean;
}

interface Reader {
  readonly kind: Kind;
  readonly caller: string;
  readonly sending: Sending;
  /** Of who follows a log: whose rights may end before the log does. */
  readonly follower?: Caller;
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
  private readonly waiting: FollowerSettings;
  private readonly apiToken: ApiToken;
  private readonly rules: Rules | undefined;
  private readonly waits = new Set<{ readonly caller: string }>();
  private readonly readers = new Set<Reader>();
  private readonly timer = setInterval(() => this.look(), LOOKS).unref();
  /** Milliseconds of a clock that only goes forward. */
  now = (): number => performance.now();

  constructor(
    { server, environment }: Configuration,
    @Optional() identities?: Identities,
    @Optional() private readonly standing?: Standing,
  ) {
    this.rules = identities?.rules;
    this.waiting = waitSettings(server);
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
   * @throws UnavailableError beyond what may be read at once; LimitExceededError beyond what may be by somebody who is known
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

  /**
   * Counts a request that waits for its job, until its response is closed at the latest.
   * @returns what ends that
   * @throws as {@link admit}
   */
  admitWait(request: ReadingRequest, response: Closing): () => void {
    const asking = this.askingOf(request);
    assertRoom('waits', this.waiting, asking, [...this.waits]);
    const wait = { caller: asking.caller };
    this.waits.add(wait);
    const leave = () => void this.waits.delete(wait);
    onceClosed(response, leave);
    return leave;
  }

  /** As {@link admit}, of who is never refused. */
  watch(request: ReadingRequest, sending: Sending): void {
    this.add('readers', this.askingOf(request).caller, sending);
  }

  private admitOf(kind: Kind, limits: FollowerSettings, request: ReadingRequest, sending: Sending): void {
    const asking = this.askingOf(request);
    const present = [...this.readers].filter((reader) => reader.kind === kind);
    assertRoom(kind, limits, asking, present);
    this.add(kind, asking.caller, sending, kind === 'followers' ? callerOf(request) : undefined);
  }

  private add(kind: Kind, caller: string, sending: Sending, follower?: Caller): void {
    const counted = { kind, caller, sending, ...(follower ? { follower } : {}) };
    const reader: Reader = { ...counted, since: this.now(), bytes: sending.socket?.bytesWritten ?? 0 };
    this.readers.add(reader);
    onceClosed(sending, () => this.readers.delete(reader));
  }

  /** Ends those that have taken too little for a whole window although there was something to take, and those whose rights have ended. */
  look(): void {
    const now = this.now();
    const least = (this.settings.minimumRate * WINDOW) / 1000;
    for (const reader of this.readers) {
      const { sending, follower } = reader;
      if (follower) void this.endWithRights(follower, sending);
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

  private async endWithRights(follower: Caller, sending: Sending): Promise<void> {
    if (this.standing && !(await this.standing.holds(follower))) sending.socket?.destroy();
  }

  private askingOf(request: ReadingRequest): Asking {
    const { identity } = callerOf(request);
    if (!this.rules || !identity)
      return { caller: this.addressOf(request), of: 'From your address', isIdentified: false, isUnlimited: false };
    const isUnlimited = this.rules.isAdmin(identity);
    return { caller: this.rules.ownerOf(identity), of: 'Of you', isIdentified: true, isUnlimited };
  }

  /** Who has no token does not take the places of those who have it and come from the same address, by a proxy, say. */
  private addressOf(request: ReadingRequest): string {
    const { ip, headers } = request;
    const isKnown = isOfApiToken(sessionOf(request)) || this.apiToken.matches(bearerToken(headers.authorization));
    return isKnown ? `${ip} (with the token)` : ip;
  }
}

function assertRoom(
  kind: Kind,
  { atOnce, perCaller }: FollowerSettings,
  { caller, of, isIdentified, isUnlimited }: Asking,
  present: readonly { readonly caller: string }[],
): void {
  if (present.length >= atOnce)
    throw new UnavailableError(
      `${atOnce} ${WHAT[kind]}, which is as many as this server has at once (server.${kind}.at_once).`,
      RETRY_AFTER,
    );
  const used = present.filter((each) => each.caller === caller).length;
  if (isUnlimited || used < perCaller) return;
  const key = `server.${kind}.per_caller`;
  const message = `${of} ${perCaller} ${WHAT[kind]}, which is as many as may at once (${key}).`;
  if (isIdentified) throw new LimitExceededError(message, { name: kind, key, limit: perCaller, used }, RETRY_AFTER);
  throw new UnavailableError(message, RETRY_AFTER);
}
