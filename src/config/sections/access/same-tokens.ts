import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { joinIndex } from '../../paths.js';
import type { TokenSettings } from './access-rules.js';
import { tokensIn } from './tokens-in.js';

type Entry = Pick<TokenSettings, 'name' | 'sha256' | 'token' | 'file'>;

/**
 * Tokens that two entries have: whose a request with one would be nobody could say.
 * @param entries undefined: one that is wrong otherwise
 * @param ofApi the entry of the token `api`, where it is that of the variable
 * @returns what is wrong, beneath `access`
 */
export function sameTokens(
  entries: readonly (Entry | undefined)[],
  ofApi: Entry | undefined,
): readonly { readonly path: string; readonly message: string }[] {
  const nameOf = new Map((ofApi ? digestsOf(ofApi) : []).map((digest) => [digest, ofApi?.name]));
  const faults = new Map<string, string>();
  for (const [at, entry] of entries.entries()) {
    if (!entry) continue;
    const key = entry.sha256 ? 'sha256' : entry.file === undefined ? 'env' : 'file';
    for (const digest of digestsOf(entry)) {
      const other = nameOf.get(digest) ?? entry.name;
      nameOf.set(digest, other);
      const message = entry.sha256 ? 'must be the SHA-256 of no other token' : 'must hold no token that is another’s';
      if (other !== entry.name) faults.set(`${joinIndex('tokens', at)}.${key}`, `${message} (it is that of ${other})`);
    }
  }
  return [...faults].map(([path, message]) => ({ path, message }));
}

/** Of a file that cannot be read none are known yet. */
function digestsOf({ sha256, token = '', file }: Entry): readonly string[] {
  if (sha256) return sha256;
  return tokensIn(file === undefined ? token : contentOf(file)).map((text) =>
    createHash('sha256').update(text).digest('hex'),
  );
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
