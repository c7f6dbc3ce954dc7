const NEWLINE = 0x0a;

/**
 * Cuts a stream of JSON values, one a line, as watches deliver them, into its lines. They are cut as bytes, so that neither a character nor an
 * object needs to be whole in one chunk.
 */
export class JsonLines {
  #pieces: Uint8Array[] = [];

  /** The lines that end in this chunk, without the empty ones. To be read to their end. */
  *cut(chunk: Uint8Array): Generator<Buffer> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const rest = chunk.subarray(start, end);
      const line = this.#pieces.length === 0 ? rest : Buffer.concat([...this.#pieces, rest]);
      this.#pieces = [];
      start = end + 1;
      if (line.length > 0) yield Buffer.from(line.buffer, line.byteOffset, line.byteLength);
    }
    if (start < chunk.length) this.#pieces.push(chunk.subarray(start));
  }

  /** @throws SyntaxError where the stream ended within a line */
  end(): void {
    if (this.#pieces.length > 0) throw new SyntaxError('the stream ended within a line');
  }
}
