const NEWLINE = 0x0a;

/**
 * Parses a stream of JSON values, one a line, as watches deliver them. Lines are cut as bytes, so that neither a character nor an object needs to be
 * whole in one chunk.
 * @throws SyntaxError where a line is no JSON, or the stream ends within a line
 */
export async function* parseJsonLines<T>(stream: AsyncIterable<Uint8Array>): AsyncGenerator<T> {
  let pieces: Uint8Array[] = [];
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const rest = chunk.subarray(start, end);
      const line = pieces.length === 0 ? rest : Buffer.concat([...pieces, rest]);
      pieces = [];
      start = end + 1;
      if (line.length > 0) yield parse<T>(line);
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
  }
  if (pieces.length > 0) throw new SyntaxError('the stream ended within a line');
}

function parse<T>(line: Uint8Array): T {
  return JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('utf8')) as T;
}
