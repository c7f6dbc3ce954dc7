/**
 * Whether a parameter that a resource does not have is let pass (`server.ignore_parameters`). OGC API - Common 1.0,
 * section 7.4.1, has a server refuse unknown parameters; what trackers append to every address that is shared is none
 * of the client's doing.
 * @param patterns names; one that ends in `*` stands for all that begin so
 */
export function isIgnored(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
}

/** The parameters of a request without those that are ignored. @param known what the resource has: never ignored */
export function withoutIgnored<T extends Readonly<Record<string, unknown>>>(
  query: T,
  known: readonly string[],
  patterns: readonly string[],
): T {
  if (patterns.length === 0) return query;
  const kept = Object.entries(query).filter(([name]) => known.includes(name) || !isIgnored(name, patterns));
  return Object.fromEntries(kept) as T;
}
