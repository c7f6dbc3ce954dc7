import { fullFormats } from 'ajv-formats/dist/formats.js';

const URL_PATTERN = fullFormats.url as RegExp;
const START = /^(?:https?|ftp):\/\//i;

/**
 * The format `url` of `ajv-formats`, in linear time: its expression takes what stands before an `@` as `\S+(?::\S*)?`, which it divides at
 * each colon. What is divided is left out here, for what it is made of decides nothing.
 */
export function isUrl(text: string): boolean {
  const start = START.exec(text)?.[0];
  if (start === undefined || /\s/.test(text)) return false;
  const rest = text.slice(start.length);
  // Any `@` may end the user's part, which must not be empty; what stands behind it is a host, and a path that may hold others.
  const parts = rest.split('@');
  return parts.some((part, place) => {
    if (place === 1 && parts[0] === '') return false;
    const path = part.indexOf('/');
    if (place < parts.length - 1 && path < 0) return false;
    return URL_PATTERN.test(start + (path < 0 ? part : part.slice(0, path)));
  });
}
