import type { Change } from '../../../k8s/informers/informer.js';

/** A moment at which the jobs of the cluster were looked at. */
export interface LiveMoment {
  /** Whether there was a Job of this name at that moment. */
  isLive(name: string): boolean;
  /** Nobody asks any more. */
  end(): void;
}

/** Tells what was in a cache a moment ago, by what has changed since. */
export class LiveMoments {
  /** Of each moment somebody asks about: of names that have changed since, whether they were there. */
  private readonly moments = new Set<Map<string, boolean>>();

  constructor(private readonly isThere: (name: string) => boolean) {}

  readonly note = ({ name, previous }: Change<unknown>): void => {
    for (const changed of this.moments) if (!changed.has(name)) changed.set(name, previous !== undefined);
  };

  now(): LiveMoment {
    const changed = new Map<string, boolean>();
    this.moments.add(changed);
    return {
      isLive: (name) => changed.get(name) ?? this.isThere(name),
      end: () => void this.moments.delete(changed),
    };
  }
}
