import { Dicer } from '@fastify/busboy';

export interface Part {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The parts of a multipart answer (RFC 2046), read by a parser that is not ours. */
export async function partsOf(response: Response): Promise<Part[]> {
  const boundary = /^multipart\/related;.*\bboundary="([^"]+)"/.exec(response.headers.get('content-type') ?? '')?.[1];
  if (boundary === undefined) throw new Error(`not multipart/related: ${response.headers.get('content-type')}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  return new Promise((resolve, reject) => {
    const parts: Part[] = [];
    const dicer = new Dicer({ boundary });
    dicer.on('error', reject);
    dicer.on('part', (stream) => {
      let headers: Record<string, string> = {};
      const chunks: Buffer[] = [];
      stream.on('header', (header: object) => {
        headers = Object.fromEntries(Object.entries(header).map(([name, values]) => [name, String(values)]));
      });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => parts.push({ headers, body: Buffer.concat(chunks) }));
    });
    dicer.on('finish', () => resolve(parts));
    dicer.end(bytes);
  });
}
