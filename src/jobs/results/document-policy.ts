/** Media types that browsers run scripts of when they are opened as a document. */
const ACTIVE = /^(?:text\/html|application\/(?:[^;]*\+)?xml|text\/xml|image\/svg\+xml|text\/xsl)\b/i;

/**
 * The `Content-Security-Policy` of a job's result: what a job wrote must not act as a page of this server. In a sandbox it has an origin of its own and no
 * scripts. Undefined for what no browser runs (and for PDF, which browsers do not show in a sandbox).
 */
export function documentPolicy(mediaType: string): string | undefined {
  return ACTIVE.test(mediaType)
    ? "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; media-src data:"
    : undefined;
}
