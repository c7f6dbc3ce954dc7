import { Injectable } from '@nestjs/common';
import { collectionSettings } from '../config/collection-settings.js';
import { Configuration } from '../config/configuration.js';

/** That temporary files have as many bytes as they may: others have to be stored first. */
export class NoRoomError extends Error {
  override readonly name = 'NoRoomError';
  /** One cause, whichever pods meet it. */
  readonly failure = 'no-room';
}

interface Pool {
  readonly limit: number;
  taken: number;
}

/**
 * Room in temporary files for what is collected. Logs that are followed, which are nowhere else once their pods are gone, have one half;
 * what is read of ended pods, which can be read again, has the other, so that neither waits for the other.
 */
@Injectable()
export class CollectionRoom {
  private readonly perPod: number;
  private readonly followed: Pool;
  private readonly read: Pool;

  constructor({ server }: Configuration) {
    const { perPod, inAll } = collectionSettings(server.manager);
    this.perPod = perPod;
    [this.followed, this.read] = [0, 1].map(() => ({ limit: Math.floor(inAll / 2), taken: 0 })) as [Pool, Pool];
  }

  /** For what is followed of one pod. */
  forFollowing(): Place {
    return new Place(this.followed, this.perPod, false);
  }

  /** For what is read of one pod. @param mayWait whether it can be read again later */
  forReading(mayWait: boolean): Place {
    return new Place(this.read, this.perPod, mayWait);
  }
}

/** What one pod has of the room. */
export class Place {
  private taken = 0;
  /** Why there is no more room, for people; undefined while there is. */
  private full: string | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly limit: number,
    private readonly mayWait: boolean,
  ) {}

  /** Why not all was taken, for people. */
  get why(): string {
    return this.full ?? '';
  }

  /**
   * @returns for how many of so many bytes there is room; for none once there was not for all
   * @throws NoRoomError where others have taken it, and this one may wait
   */
  take(bytes: number): number {
    if (this.full !== undefined) return 0;
    const shared = Math.max(0, this.pool.limit - this.pool.taken);
    const given = Math.min(bytes, this.limit - this.taken, shared);
    if (given < bytes) {
      const isShared = shared < this.limit - this.taken;
      if (isShared && this.mayWait)
        throw new NoRoomError(
          `Logs that are being collected have ${this.pool.taken} bytes, which is as many as they may (server.manager.collected_logs.in_all).`,
        );
      this.full = isShared
        ? 'all logs together had as many bytes as they may (server.manager.collected_logs.in_all)'
        : `a pod may have ${this.limit} bytes (server.manager.collected_logs.per_pod)`;
    }
    this.taken += given;
    this.pool.taken += given;
    return given;
  }

  /** Gives back so many of the bytes that were taken: what had them is thrown away. */
  giveBack(bytes: number): void {
    this.taken -= bytes;
    this.pool.taken -= bytes;
    this.full = undefined;
  }

  /** Gives back what was taken. */
  leave(): void {
    this.pool.taken -= this.taken;
    this.taken = 0;
  }
}
