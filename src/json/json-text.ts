import { isUtf8 } from 'node:buffer';
import { JsonSyntaxFault, type TextPosition } from './json-faults.js';

/** Where in a text a character stands. @param at its index */
export function positionIn(text: string, at: number): TextPosition {
  const lines = text.slice(0, at).split(/\r\n|\n|\r/);
  const before = (lines.at(-1) ?? '').replace(/^\ufeff/, '');
  return { line: lines.length, column: before.replaceAll(/[\ud800-\udbff][\udc00-\udfff]/g, ' ').length + 1 };
}

/** Where in the text of a JSON string the first escape stands that is none. */
export function faultyEscape(text: string, start: number, end: number): number {
  // Pairs of backslashes must not be taken for the beginning of an escape.
  const others = text.slice(start, end).replaceAll(/\\["\\/bfnrt]/g, '  ');
  return start + Math.max(others.search(/\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})/), 0);
}

/** The text of bytes in UTF-8. @throws JsonSyntaxFault where they are none */
export function decode(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (isUtf8(bytes)) return text;
  throw new JsonSyntaxFault(positionIn(text, firstReplaced(text, bytes)), 'UTF-8', 'bytes that are none');
}

/** Where in the text the first bytes were replaced: a U+FFFD that does not stand in the bytes themselves. */
function firstReplaced(text: string, bytes: Uint8Array): number {
  let size = 0;
  let read = 0;
  for (;;) {
    const at = text.indexOf('\ufffd', read);
    if (at < 0) return text.length;
    size += Buffer.byteLength(text.slice(read, at));
    if (bytes[size] !== 0xef || bytes[size + 1] !== 0xbf || bytes[size + 2] !== 0xbd) return at;
    size += 3;
    read = at + 1;
  }
}
