/** Who sends more slowly gives way where there is no room, bytes a second, */
const LEAST_RATE = 64 * 1024;
/** once it has had so long, milliseconds. */
const PATIENCE = 2_000;

/** There is no room for what is to be held. */
export class NoRoomError extends Error {
  /** @param most bytes that are held at a time */
  constructor(readonly most: number) {
    super(`No more than ${most} bytes are held at a time.`);
    this.name = NoRoomError.name;
  }
}

/** What one body takes of the budget. */
export interface ByteHold {
  /** Aborted, with a NoRoomError, once it had to give way; it has been released then. */
  readonly signal: AbortSignal;
  /** @throws NoRoomError where there is no room for so many bytes more, or it had to give way */
  reserve(bytes: number): void;
  /** Says that so many bytes have come: how slow the sender is decides who gives way. */
  received(bytes: number): void;
  /** Gives all of it back; to be called once or more. */
  release(): void;
}

interface Holder {
  readonly givesWay: AbortController;
  bytes: number;
  received: number;
  /** When something was reserved first. */
  since: number | undefined;
}

/**
 * Bytes of bodies that are held at a time, of all that are fetched. Nobody waits for it: who finds no room is refused. Where it is short, bodies
 * that come slowly give way, so that whoever announces much and sends nothing keeps nobody else out; there is no timer.
 */
export class ByteBudget {
  private readonly holders = new Set<Holder>();
  private held = 0;

  /** @param most bytes @param now milliseconds */
  constructor(
    readonly most: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Bytes that are held now. */
  get inUse(): number {
    return this.held;
  }

  open(): ByteHold {
    const holder: Holder = { givesWay: new AbortController(), bytes: 0, received: 0, since: undefined };
    this.holders.add(holder);
    return {
      signal: holder.givesWay.signal,
      reserve: (bytes) => this.reserve(holder, bytes),
      received: (bytes) => void (holder.received += bytes),
      release: () => this.release(holder),
    };
  }

  private reserve(holder: Holder, bytes: number): void {
    if (!this.holders.has(holder) || !this.makeRoom(holder, bytes)) throw new NoRoomError(this.most);
    holder.since ??= this.now();
    holder.bytes += bytes;
    this.held += bytes;
  }

  /** Nobody gives way where that would not be enough. */
  private makeRoom(holder: Holder, bytes: number): boolean {
    let missing = this.held + bytes - this.most;
    if (missing <= 0) return true;
    const giving: Holder[] = [];
    for (const slow of this.slowOnes(holder)) {
      if (missing <= 0) break;
      giving.push(slow);
      missing -= slow.bytes;
    }
    if (missing > 0) return false;
    for (const slow of giving) {
      this.release(slow);
      slow.givesWay.abort(new NoRoomError(this.most));
    }
    return true;
  }

  /** The largest first: then the fewest give way. */
  private slowOnes(except: Holder): Holder[] {
    const now = this.now();
    return [...this.holders]
      .filter((holder) => {
        const time = holder.since === undefined ? 0 : now - holder.since;
        return holder !== except && holder.bytes > 0 && time >= PATIENCE && holder.received * 1000 < LEAST_RATE * time;
      })
      .sort((one, other) => other.bytes - one.bytes);
  }

  private release(holder: Holder): void {
    if (this.holders.delete(holder)) this.held -= holder.bytes;
  }
}
