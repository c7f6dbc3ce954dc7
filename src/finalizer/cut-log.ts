import type { Spool } from '../jobs/results/spool.js';
import type { Place } from './collection-room.js';

/** So many last bytes are kept of a log that is cut. */
const END_BYTES = 16 * 1024;
const NEWLINE = 0x0a;

/** A container's log on its way into a spool: where there is no room for all of it, what comes then is left out, but for its last lines. */
export class CutLog {
  private noted = 0;
  /** Bytes of the place. */
  private taken = 0;
  private isCut = false;
  /** Bytes that are left out where it is cut, and what is kept of those behind them. */
  private missing = 0;
  private end: Buffer = Buffer.alloc(0);
  private whyMissing = '';
  private atLineStart = true;

  constructor(
    readonly spool: Spool,
    private readonly place: Place,
  ) {}

  /** Bytes that are left out. */
  get leftOut(): number {
    return this.noted + this.rest().missing;
  }

  /** Why, for people. */
  get why(): string {
    return this.whyMissing;
  }

  async write(chunk: Buffer): Promise<void> {
    const room = this.isCut ? 0 : this.place.take(chunk.length);
    this.taken += room;
    if (room === chunk.length) return this.put(chunk);
    // Between two lines, where there are any.
    const cut = chunk.subarray(0, room).lastIndexOf(NEWLINE) + 1 || room;
    await this.put(chunk.subarray(0, cut));
    this.whyMissing ||= this.place.why;
    this.isCut = true;
    const rest = Buffer.concat([this.end, chunk.subarray(cut)]);
    this.end = Buffer.from(rest.subarray(-END_BYTES));
    this.missing += rest.length - this.end.length;
  }

  /** That so many bytes come next which nobody has. */
  async skip(bytes: number, why: string): Promise<void> {
    if (bytes === 0) return;
    this.whyMissing ||= why;
    if (!this.isCut) {
      this.noted += bytes;
      return this.note(bytes, why);
    }
    this.missing += this.end.length + bytes;
    this.end = Buffer.alloc(0);
  }

  /** What does not stand in the spool: how much of it there is no more, and behind that the last lines. */
  rest(): { readonly missing: number; readonly end: Buffer } {
    const next = this.missing > 0 ? this.end.indexOf(NEWLINE) + 1 : 0;
    const cut = next < this.end.length ? next : 0;
    return { missing: this.missing + cut, end: this.end.subarray(cut) };
  }

  /** Says in the spool what is left out, and adds the last lines. */
  async finish(): Promise<void> {
    const { missing, end } = this.rest();
    if (missing > 0) await this.note(missing, this.why);
    await this.put(end);
  }

  /** Throws it away: another takes its place. */
  async discard(): Promise<void> {
    this.place.giveBack(this.taken);
    this.taken = 0;
    await this.spool.dispose();
  }

  private note(bytes: number, why: string): Promise<void> {
    const newline = this.atLineStart ? '' : '\n';
    return this.put(Buffer.from(`${newline}[${bytes} bytes of this log are left out here: ${why}]\n`));
  }

  private async put(chunk: Buffer): Promise<void> {
    if (chunk.length === 0) return;
    this.atLineStart = chunk.at(-1) === NEWLINE;
    await this.spool.write(chunk);
  }
}
