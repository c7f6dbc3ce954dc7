import { Readable } from 'node:stream';

export type JsonType = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/**
 * A JSON value that is too large to be held in memory: its text stands elsewhere, and is read as a stream. No other member than `omitted`
 * is to be
 * enumerable: wherever it is written or copied as any other value it is `{"omitted": {"size", "sha256"}}`, which says that it is not there.
 */
export abstract class UnreadValue {
  /** Bytes of what was given, and its digest, 64 hexadecimal digits. */
  abstract readonly omitted: { readonly size: number; readonly sha256: string };
  /** Which type of JSON it is. */
  abstract readonly type: JsonType;
  /** Bytes of {@link text}. */
  abstract readonly textSize: number;
  /** Its JSON text, from the start at each call. */
  abstract text(): Readable;
}

/** Whether a value is one that is not read, or holds one. */
export function holdsUnread(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof UnreadValue || Object.values(value).some(holdsUnread);
}

/** A JSON document of any size. */
export interface JsonDocument {
  /** Bytes. */
  readonly size: number;
  /** From the start at each call. */
  readonly body: () => Readable;
}

/** The JSON text of a value with those in it that are not read. */
export function documentOf(value: unknown): JsonDocument {
  const pieces = piecesOf(value);
  return {
    size: pieces.reduce(
      (sum, piece) => sum + (typeof piece === 'string' ? Buffer.byteLength(piece) : piece.textSize),
      0,
    ),
    body: () => Readable.from(bytesOf(pieces), { objectMode: false }),
  };
}

type Piece = string | UnreadValue;

function piecesOf(value: unknown): Piece[] {
  if (value instanceof UnreadValue) return [value];
  if (!holdsUnread(value)) return [JSON.stringify(value) ?? 'null'];
  const isArray = Array.isArray(value);
  const members = Object.entries(value as object).filter(([, member]) => isArray || member !== undefined);
  const inside = members.flatMap(([key, member], at): Piece[] => [
    (at > 0 ? ',' : '') + (isArray ? '' : `${JSON.stringify(key)}:`),
    ...piecesOf(member),
  ]);
  return isArray ? ['[', ...inside, ']'] : ['{', ...inside, '}'];
}

async function* bytesOf(pieces: readonly Piece[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    if (typeof piece === 'string') yield Buffer.from(piece);
    else for await (const chunk of piece.text()) yield chunk as Buffer;
  }
}
