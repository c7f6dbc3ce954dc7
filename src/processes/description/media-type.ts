/** Longer ones are no media types but mistakes; headers have limits, too. */
const LONGEST = 255;
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\t\x20-\x7e]*)?$/;

/** Whether a text is a media type (RFC 9110, section 8.3.1) that can stand in a header: what a job prints or others annotate is not taken on trust. */
export function isMediaType(text: string): boolean {
  return text.length <= LONGEST && MEDIA_TYPE.test(text);
}
