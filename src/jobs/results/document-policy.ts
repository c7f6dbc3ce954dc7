/** What browsers show without running anything of it. PDF among them: they do not show it in a sandbox. */
const PASSIVE =
  /^(?:text\/(?:plain|csv)|application\/(?:json|geo\+json|pdf)|image\/(?:png|jpeg|gif|webp|tiff)|audio\/mpeg|video\/mp4)\s*(?:;|$)/i;

/**
 * The `Content-Security-Policy` of a job's result: what a job wrote must not act as a page of this server. In a sandbox it has an origin of its own and no
 * scripts; so is whatever is not known to be passive. Undefined for what is.
 */
export function documentPolicy(mediaType: string): string | undefined {
  return PASSIVE.test(mediaType)
    ? undefined
    : "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; media-src data:";
}
