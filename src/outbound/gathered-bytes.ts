import type { ByteHold } from './byte-budget.js';

/** Bytes that there is room for at first, where nobody says how many will come. */
const FIRST_ROOM = 64 * 1024;

/**
 * The bytes of a body, in one piece, however small the pieces are in which they come: each would take more than its bytes. What
 * it takes is reserved before.
 */
export class GatheredBytes {
  private room: Buffer = Buffer.alloc(0);
  private size = 0;

  /**
   * @param most how many bytes may come
   * @param declared how many will come; undefined: nobody says it, and room grows with them
   * @throws NoRoomError
   */
  constructor(
    private readonly hold: ByteHold,
    private readonly most: number,
    declared?: number,
  ) {
    if (declared !== undefined && declared > 0) this.makeRoom(declared);
  }

  /** @throws NoRoomError */
  add(bytes: Uint8Array): void {
    const needed = this.size + bytes.length;
    const more = Math.min(Math.max(this.room.length * 2, FIRST_ROOM), this.most);
    if (needed > this.room.length) this.makeRoom(Math.max(needed, more));
    this.room.set(bytes, this.size);
    this.size = needed;
  }

  all(): Buffer {
    return this.room.subarray(0, this.size);
  }

  private makeRoom(size: number): void {
    this.hold.reserve(size - this.room.length);
    const { room } = this;
    this.room = Buffer.allocUnsafeSlow(size);
    room.copy(this.room, 0, 0, this.size);
  }
}
