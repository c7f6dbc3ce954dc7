import { Injectable } from '@nestjs/common';
import { UnavailableError } from '../../ogc/domain-errors.js';

/** Bytes of results that are in memory at the same time, all requests together: those of the largest document. */
const BUDGET = 32 * 1024 * 1024;
/** Requests that wait for their turn, and how long, milliseconds. */
const MOST_WAITING = 100;
const PATIENCE = 30_000;

interface Waiting {
  readonly bytes: number;
  readonly start: () => void;
}

/** What of results is held in memory because their shape needs that: documents, and results that are divided. */
@Injectable()
export class ResultMemory {
  private taken = 0;
  private readonly waiting: Waiting[] = [];

  /**
   * Waits until there is room for that much; who came first is first. More than there is at all is as much as there is.
   * @returns gives it back; to be called once or more
   * @throws UnavailableError where that takes too long
   */
  async take(bytes: number): Promise<() => void> {
    const wanted = Math.min(bytes, BUDGET);
    if (wanted > 0 && (this.waiting.length > 0 || this.taken + wanted > BUDGET)) await this.turn(wanted);
    else this.taken += wanted;
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.taken -= wanted;
      this.next();
    };
  }

  private turn(bytes: number): Promise<void> {
    const busy = () => new UnavailableError('Other large results are being put together; try again.');
    if (this.waiting.length >= MOST_WAITING) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(waiting), 1);
        reject(busy());
        this.next();
      }, PATIENCE);
      const waiting: Waiting = {
        bytes,
        start: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.waiting.push(waiting);
    });
  }

  private next(): void {
    for (let [first] = this.waiting; first && this.taken + first.bytes <= BUDGET; [first] = this.waiting) {
      this.waiting.shift();
      this.taken += first.bytes;
      first.start();
    }
  }
}
