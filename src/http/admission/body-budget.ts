import { UnavailableError } from '../../ogc/domain-errors.js';

/** A sender that is slower than this gives way where the budget is short, bytes a second, */
const LEAST_RATE = 64 * 1024;
/** once it has had so long, milliseconds. */
const PATIENCE = 10_000;
/** Seconds after which it may be tried again: bodies are soon dealt with. */
const RETRY_AFTER = 2;

/** A body under way, or one whose request is being worked on. */
export interface BodySender {
  /** Whether it is known already that the sender may execute what it names. */
  readonly isKnown: boolean;
  /** Bytes that have arrived. */
  readonly arrived: () => number;
  /** Its body is read no further. */
  readonly giveWay: (error: Error) => void;
}

/** What one body takes of the budget. */
export interface BodyHold {
  /** @throws UnavailableError where there is no room for so many bytes more */
  reserve(bytes: number): void;
  /** All of the body is there: it gives way to nobody any more. */
  arrived(): void;
  release(): void;
}

interface Holder extends BodySender {
  bytes: number;
  readonly since: number;
  hasArrived: boolean;
}

/**
 * Bytes of all bodies, decoded, that the server holds at a time. Who has not shown to be known gets the half of it together, so that
 * nobody without a token keeps out those with one. Where it is short the slowest senders give way; there is no timer.
 */
export class BodyBudget {
  private readonly holders = new Set<Holder>();
  private held = 0;
  private heldByUnknown = 0;

  constructor(
    private readonly total: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Bytes held at the moment. */
  get inFlight(): number {
    return this.held;
  }

  open(sender: BodySender): BodyHold {
    const holder: Holder = { ...sender, bytes: 0, since: this.now(), hasArrived: false };
    this.holders.add(holder);
    return {
      reserve: (bytes) => this.reserve(holder, bytes),
      arrived: () => void (holder.hasArrived = true),
      release: () => this.release(holder),
    };
  }

  private reserve(holder: Holder, bytes: number): void {
    // One that was released meanwhile has been answered: nothing of it is kept.
    if (!this.holders.has(holder)) return;
    while (!this.hasRoom(holder, bytes)) {
      const slowest = this.slowest(holder, this.held + bytes > this.total);
      if (!slowest) throw this.full();
      this.release(slowest);
      slowest.giveWay(this.full());
    }
    holder.bytes += bytes;
    this.add(holder, bytes);
  }

  private hasRoom({ isKnown }: Holder, bytes: number): boolean {
    if (this.held + bytes > this.total) return false;
    return isKnown || this.heldByUnknown + bytes <= this.total / 2;
  }

  /** @param isFull whether the whole is short, not just the half of those who are not known: then any that goes makes room */
  private slowest(except: Holder, isFull: boolean): Holder | undefined {
    const now = this.now();
    const rates = [...this.holders]
      .filter((holder) => isFull || !holder.isKnown)
      .filter((holder) => holder !== except && !holder.hasArrived && holder.bytes > 0 && now - holder.since >= PATIENCE)
      .map((holder) => ({ holder, rate: (holder.arrived() * 1000) / (now - holder.since) }))
      .filter(({ rate }) => rate < LEAST_RATE);
    return rates.sort((one, other) => one.rate - other.rate)[0]?.holder;
  }

  private release(holder: Holder): void {
    if (this.holders.delete(holder)) this.add(holder, -holder.bytes);
  }

  private add({ isKnown }: Holder, bytes: number): void {
    this.held += bytes;
    if (!isKnown) this.heldByUnknown += bytes;
  }

  private full(): UnavailableError {
    return new UnavailableError(
      `The server reads no more than ${this.total} bytes of bodies at a time (MAX_REQUEST_BYTES_IN_FLIGHT, ` +
        'server.max_request_bytes_in_flight; of requests without the token half of it). Nothing was done; try again.',
      RETRY_AFTER,
    );
  }
}
