/** Characters of a header that is read for its parts, as `Prefer` is. */
export const LONGEST_HEADER = 1024;
