/** The preferences (RFC 7240) that this server knows. */
export interface Preferences {
  readonly respondAsync: boolean;
  /** Seconds. */
  readonly wait?: number;
  readonly return?: 'minimal' | 'representation';
}

const PREFERENCE =
  /(?:^|,)\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?(?:\s*;[^,]*)?(?=\s*(?:,|$))/g;

/**
 * Reads the `Prefer` header or headers. Unknown preferences, and known ones with values that they do not have, are as if they were not there; of
 * several of one name the first counts (RFC 7240, section 2).
 */
export function parsePrefer(header: string | readonly string[] | undefined): Preferences {
  const text = typeof header === 'string' ? header : (header ?? []).join(', ');
  const found = new Map<string, string>();
  for (const [, name = '', quoted, token] of text.matchAll(PREFERENCE)) {
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, quoted?.replace(/\\(.)/g, '$1') ?? token ?? '');
  }
  const wait = found.get('wait');
  const wanted = found.get('return');
  return {
    respondAsync: found.has('respond-async'),
    ...(wait !== undefined && /^\d+$/.test(wait) ? { wait: Number(wait) } : {}),
    ...(wanted === 'minimal' || wanted === 'representation' ? { return: wanted } : {}),
  };
}
