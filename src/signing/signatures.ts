import { createHmac, createSecretKey, hkdfSync, timingSafeEqual, type KeyObject } from 'node:crypto';
import { nameOfSignature, signedAnnotations } from '../k8s/names.js';

/** What signs annotations. */
export interface SigningKey {
  /** Stands before each signature: by it a key that is not known is told from a signature that is wrong. */
  readonly id: string;
  readonly secret: KeyObject;
}

/** The first signs, all verify; none: nothing is signed, and nothing verified. */
export type SigningKeys = readonly SigningKey[];

export type Annotations = Readonly<Record<string, string>>;

/** What the annotations of a Job are worth. */
export interface Judgement {
  /** Those that may be read: all but the wrongly signed. */
  readonly believed: Annotations;
  /** Names of annotations whose value is not what a key of this server signed for them on this Job. */
  readonly wrong: readonly string[];
  /** Names of annotations that are signed with a key that this server does not have: as good as unsigned. */
  readonly unknown: readonly string[];
  /** Whether the annotation's value is known to be a server's own. */
  isSigned(name: string): boolean;
}

/** 128 bits: enough against guessing, and short where every Job carries several. */
const SIGNATURE_BYTES = 16;
const ID_BYTES = 4;
const SIGNATURE = /^([\w-]{6})\.([\w-]{22})$/;
const PURPOSE = 'processes.pygeoapi.io/signatures of annotations';

/**
 * The keys of a server: its secrets', or the API token's where there are none. A token among the secrets gives the same key, so that what it
 * has signed before there were others can be known on.
 */
export function signingKeysOf({
  apiToken,
  signingKeys = apiToken === undefined ? [] : [apiToken],
}: {
  readonly apiToken?: string;
  readonly signingKeys?: readonly string[];
}): SigningKeys {
  return [...new Set(signingKeys)].map(toKey);
}

/** By HKDF (RFC 5869), so that a signature tells nothing of what else the text is a secret for. */
function toKey(text: string): SigningKey {
  const derived = (purpose: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', text, '', `${PURPOSE}: ${purpose}`, bytes));
  return { id: derived('id', ID_BYTES).toString('base64url'), secret: createSecretKey(derived('secret', 32)) };
}

/**
 * The annotations with the signatures of those that are to be signed. As in a merge patch null removes one, and its signature with it.
 * @param jobName of the Job that they stand on: on any other they are worth nothing
 */
export function signed<T extends string | null>(
  keys: SigningKeys,
  jobName: string,
  annotations: Readonly<Record<string, T>>,
): Record<string, T> {
  const [key] = keys;
  const names = key ? Object.keys(annotations).filter((name) => signedAnnotations.has(name)) : [];
  const signatures = names.map((name) => {
    const value = annotations[name] as T;
    return [nameOfSignature(name), key && value !== null ? formatSignature(key, jobName, name, value) : value];
  });
  return { ...annotations, ...(Object.fromEntries(signatures) as Record<string, T>) };
}

/** Pure, and the only place that decides what a Job's annotations are worth. */
export function judge(keys: SigningKeys, jobName: string, annotations: Annotations): Judgement {
  const [good, wrong, unknown] = [new Set<string>(), [] as string[], [] as string[]];
  if (keys.length > 0) {
    for (const name of signedAnnotations) {
      const [value, signature] = [annotations[name], annotations[nameOfSignature(name)]];
      if (signature === undefined) continue;
      const found = value === undefined ? 'wrong' : verified(keys, signature, jobName, name, value);
      if (found === 'good') good.add(name);
      else (found === 'wrong' ? wrong : unknown).push(name);
    }
  }
  const believed =
    wrong.length === 0
      ? annotations
      : Object.fromEntries(Object.entries(annotations).filter(([name]) => !wrong.includes(name)));
  return { believed, wrong, unknown, isSigned: (name) => good.has(name) };
}

function verified(
  keys: SigningKeys,
  signature: string,
  jobName: string,
  name: string,
  value: string,
): 'good' | 'wrong' | 'unknown' {
  const [, id, given = ''] = SIGNATURE.exec(signature) ?? [];
  if (id === undefined) return 'wrong';
  const key = keys.find((candidate) => candidate.id === id);
  if (!key) return 'unknown';
  const expected = signatureOf(key, jobName, name, value);
  // The form of a signature is such that it has as many bytes.
  return timingSafeEqual(Buffer.from(given, 'base64url'), expected) ? 'good' : 'wrong';
}

function formatSignature(key: SigningKey, jobName: string, name: string, value: string): string {
  return `${key.id}.${signatureOf(key, jobName, name, value).toString('base64url')}`;
}

/** JSON has no line end, so that where the value begins is certain; it is signed as the API server has it, in UTF-8. */
function signatureOf({ secret }: SigningKey, jobName: string, name: string, value: string): Buffer {
  const message = `${JSON.stringify([jobName, name])}\n${value}`;
  return createHmac('sha256', secret).update(message).digest().subarray(0, SIGNATURE_BYTES);
}
