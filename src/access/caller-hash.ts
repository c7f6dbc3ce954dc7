import { createHmac, hkdfSync } from 'node:crypto';

const LENGTH = 40;

/** Makes of whose a request is what a label of its Job says: the same for the same caller, and nobody can tell from it who that is. */
export class CallerHash {
  private readonly key: Buffer;

  /** @param secret of the server, the same in all replicas; undefined: none, and callers can be guessed */
  constructor(secret = '') {
    this.key = Buffer.from(hkdfSync('sha256', secret, '', 'processes.pygeoapi.io/caller', 32));
  }

  /** @returns 40 hexadecimal digits */
  of(identity: string): string {
    return createHmac('sha256', this.key).update(identity).digest('hex').slice(0, LENGTH);
  }
}
