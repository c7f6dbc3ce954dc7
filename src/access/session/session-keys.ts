import { hkdfSync, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Of what is derived for sessions: from the same secret other labels make other keys. */
const LABEL = 'processes.pygeoapi.io/session';
/** Bytes of a key, as A256GCM has it. */
const LENGTH = 32;

/** Makes a key for sessions of a secret (HKDF-SHA-256, RFC 5869). */
export function sessionKey(secret: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', LABEL, LENGTH));
}

/** Another key made of one of sessions: what is sealed with the one cannot be taken for what is sealed with the other. */
export function keyFor(purpose: string, key: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', `${LABEL}/${purpose}`, LENGTH));
}

/**
 * The secret in a file that only this user may read; it is made where there is none. Of several that make it at once all get the same.
 * @returns base64
 */
export function keptSecret(file: string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const made = `${file}.${process.pid}`;
  writeFileSync(made, randomBytes(LENGTH).toString('base64'), { mode: 0o600 });
  try {
    linkSync(made, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(made);
  }
  return readFileSync(file, 'utf8');
}
