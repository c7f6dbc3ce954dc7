import { hkdfSync, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Configuration } from '../../config/configuration.js';

/** Of what is derived for sessions: from the same secret other labels make other keys. */
const LABEL = 'processes.pygeoapi.io/session';
/** Bytes of a key, as A256GCM has it. */
const LENGTH = 32;
/** Of the data folder of the embedded cluster. */
const KEPT = join('cluster', 'access-key');

/** Makes a key for sessions of a secret. */
export function sessionKey(secret: string): Uint8Array {
  return derivedKey(secret, LABEL);
}

/** A key of 32 bytes, of a secret and what it is for (HKDF-SHA-256, RFC 5869). */
export function derivedKey(secret: string | Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', label, LENGTH));
}

/**
 * The secrets that keys are made of, those of `access.key` or, where there are none, the one that the server has: the first makes what is
 * new, all open what there is. None: there is no key.
 * @param embedded whether this process runs the cluster, so that no other has to know its key: it makes one
 */
export function accessSecrets(
  { access, environment: { apiToken, dataDir } }: Pick<Configuration, 'access' | 'environment'>,
  embedded: boolean,
): readonly string[] {
  return access.keys ?? [embedded ? keptSecret(join(dataDir, KEPT)) : apiToken].filter((key) => key !== undefined);
}

/** Another key made of one of sessions: what is sealed with the one cannot be taken for what is sealed with the other. */
export function keyFor(purpose: string, key: Uint8Array): Uint8Array {
  return derivedKey(key, `${LABEL}/${purpose}`);
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
