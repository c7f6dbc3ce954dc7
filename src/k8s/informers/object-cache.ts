import type { KubernetesObject } from '@kubernetes/client-node';
import { compareResourceVersions } from './resource-version.js';
import type { Change } from './informer.js';

interface Identity {
  readonly uid: string;
  readonly version: string;
}

/** One state of one object. */
export interface ObjectVersion extends Identity {
  readonly name: string;
}

/** One object as the cache sees it. */
export interface Observation<R> extends ObjectVersion {
  /** Makes the record, which is not done for a state that the cache has already; undefined: of no interest. */
  readonly makeRecord: () => R | undefined;
}

/** A list being read, perhaps in chunks; all chunks are of one resource version. */
export interface ListPass {
  add(object: KubernetesObject): void;
  /** All objects are in: what was not among them is gone. */
  finish(): void;
}

/**
 * The records of an informer and the rule of what is newer.
 *
 * Everything up to `seen`, the resource version of the last list or watch event, is in the cache, deletions included. An object from elsewhere (the
 * answer to a create or patch) is therefore news only where its version is higher: with that, an answer that comes late can neither turn back nor
 * resurrect anything, and no deleted object needs to be remembered. Versions without an order are never news; the watch brings the object anyway.
 */
export class ObjectCache<R> {
  readonly #identities = new Map<string, Identity>();
  readonly #records = new Map<string, R>();
  #seen = '0';

  constructor(
    private readonly observe: (object: KubernetesObject) => Observation<R> | undefined,
    private readonly announce: (change: Change<R>) => void,
  ) {}

  get(name: string): R | undefined {
    return this.#records.get(name);
  }

  values(): IterableIterator<R> {
    return this.#records.values();
  }

  get size(): number {
    return this.#records.size;
  }

  /** Whether the record of this very state is in, so that nothing needs to be read of it. */
  has({ name, uid, version }: ObjectVersion): boolean {
    const known = this.#identities.get(name);
    return known?.uid === uid && known.version === version && this.#records.has(name);
  }

  /** Everything up to this version is in. */
  get version(): string {
    return this.#seen;
  }

  /** @param version of the whole list */
  beginList(version: string): ListPass {
    // Lower than what was seen: the API server's storage was restored from a backup, and the list alone is true.
    const restored = isOlder(version, this.#seen);
    const present = new Set<string>();
    return {
      add: (object) => {
        const observation = this.observe(object);
        if (observation === undefined) return;
        present.add(observation.name);
        const known = this.#identities.get(observation.name);
        if (known !== undefined && !restored && isOlder(observation.version, known.version)) return;
        this.#put(observation, version);
      },
      finish: () => {
        for (const [name, { version: known }] of this.#identities) {
          const madeSince = !restored && isOlder(version, known);
          if (!present.has(name) && !madeSince) this.#remove(name);
        }
        this.#seen = version;
      },
    };
  }

  /** A watch event's object. */
  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubernetesObject): void {
    const observation = this.observe(object);
    if (observation === undefined) return;
    const known = this.#identities.get(observation.name);
    this.seen(observation.version);
    if (type === 'DELETED') {
      if (known?.uid === observation.uid) this.#remove(observation.name);
    } else if (known === undefined || !isOlder(observation.version, known.version)) {
      this.#put(observation);
    }
  }

  /** The watch has come to this version (a bookmark). */
  seen(version: string): void {
    if (!isOlder(version, this.#seen)) this.#seen = version;
  }

  /** An object that the API answered with. */
  takeOver(object: KubernetesObject): void {
    const observation = this.observe(object);
    if (observation === undefined || !isOlder(this.#seen, observation.version)) return;
    const known = this.#identities.get(observation.name);
    if (known !== undefined && !isOlder(known.version, observation.version)) return;
    this.#put(observation);
  }

  #put(observation: Observation<R>, horizon = this.#seen): void {
    if (this.has(observation)) return;
    const { name, uid, version } = observation;
    const known = this.#identities.get(name);
    const record = observation.makeRecord();
    if (known !== undefined && known.uid !== uid) this.#remove(name);
    const previous = this.#records.get(name);
    // What is of no interest is kept only while the watch is behind it, so that an older state does not come back.
    if (record !== undefined || isOlder(horizon, version)) this.#identities.set(name, { uid, version });
    else this.#identities.delete(name);
    if (record === undefined) this.#records.delete(name);
    else this.#records.set(name, record);
    if (record !== undefined || previous !== undefined) this.announce({ name, record, previous });
  }

  #remove(name: string): void {
    const previous = this.#records.get(name);
    this.#identities.delete(name);
    this.#records.delete(name);
    if (previous !== undefined) this.announce({ name, record: undefined, previous });
  }
}

/** Whether `a` is certainly older than `b`. */
function isOlder(a: string, b: string): boolean {
  const order = compareResourceVersions(a, b);
  return order !== undefined && order < 0;
}
