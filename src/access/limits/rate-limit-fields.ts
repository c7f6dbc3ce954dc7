/** What is used of a limit that refuses requests. */
export interface Quota {
  /** Letters, digits and `-`. */
  readonly name: string;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds of the window; absent: what is used comes back by other ways than time. */
  readonly window?: number;
  /** Seconds until all of it is there again. */
  readonly reset?: number;
  /** What is counted, of the draft's registry; default: `requests`. */
  readonly unit?: 'content-bytes' | 'concurrent-requests';
}

/**
 * The fields `RateLimit-Policy` and `RateLimit`, as draft-ietf-httpapi-ratelimit-headers-11 has them.
 * @returns none where there are no limits
 */
export function rateLimitFields(quotas: readonly Quota[]): Readonly<Record<string, string>> {
  if (quotas.length === 0) return {};
  const policies = quotas.map(({ name, limit, window, unit }) =>
    item(name, { q: limit, w: window, qu: unit && `"${unit}"` }),
  );
  const states = quotas.map(({ name, remaining, reset }) => item(name, { r: Math.max(0, remaining), t: reset }));
  return { 'ratelimit-policy': policies.join(', '), ratelimit: states.join(', ') };
}

/** An Item of RFC 9651, section 3.3. */
function item(name: string, parameters: Readonly<Record<string, number | string | undefined>>): string {
  const said = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return `"${name}"${said.map(([key, value]) => `;${key}=${value}`).join('')}`;
}
