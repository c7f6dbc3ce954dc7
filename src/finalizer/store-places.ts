import { systemClock, type Clock } from '../k8s/time/clock.js';
import { ObjectStoreError } from '../object-store/object-store.js';

/** Writes to the object store at a time: fewer than passes of the finalizer. */
export const STORE_PLACES = 16;
/** How long a write waits for a place, milliseconds. */
const PATIENCE = 1_000;

/** Keeps an object store that hangs, or is slow, from taking up all passes of the finalizer: what needs no store is recorded by the others meanwhile. */
export class StorePlaces {
  private taken = 0;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly clock: Clock = systemClock) {}

  /** @throws ObjectStoreError where no place becomes free in time; nothing was written then */
  async within<T>(write: () => Promise<T>): Promise<T> {
    await this.take();
    try {
      return await write();
    } finally {
      this.leave();
    }
  }

  private async take(): Promise<void> {
    if (this.taken < STORE_PLACES) {
      this.taken += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        cancel();
        resolve();
      };
      const cancel = this.clock.after(PATIENCE, () => {
        this.waiting.delete(enter);
        reject(
          new ObjectStoreError(
            'unreachable',
            `The object store does not keep up: ${STORE_PLACES} writes wait for it.`,
            true,
          ),
        );
      });
      this.waiting.add(enter);
    });
  }

  /** The place goes to who has waited longest. */
  private leave(): void {
    const [next] = this.waiting;
    if (!next) {
      this.taken -= 1;
      return;
    }
    this.waiting.delete(next);
    next();
  }
}
