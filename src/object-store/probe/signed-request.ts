import type {
  GetObjectCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** A request of the SDK's with its signature, to be sent by hand: what the SDK itself would never send. */
export interface SignedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the store answered. */
export interface RawAnswer {
  readonly status: number;
  /** S3's error code, where the answer has one. */
  readonly code: string | undefined;
  readonly etag: string | undefined;
  /** What the store says of itself. */
  readonly server: string | undefined;
  readonly body: Buffer;
}

interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Record<string, string>;
}

/** Never an answer's whole: what probes read is small. */
const LARGEST_ANSWER = 65_536;

/** A signed command; ends the SDK's own sending of it. */
class Signed extends Error {
  constructor(readonly request: SdkRequest) {
    super('signed, and not sent');
  }
}

/**
 * Signs a command's headers, with its payload unsigned.
 * @param command is used up
 * @param headers sent in addition, signed
 */
export async function sign(
  client: S3Client,
  command: GetObjectCommand | HeadBucketCommand | PutObjectCommand | UploadPartCommand,
  headers: Readonly<Record<string, string>> = {},
): Promise<SignedRequest> {
  const change = (next: (args: never) => unknown, ended: boolean) => (args: { readonly request: SdkRequest }) => {
    if (ended) throw new Signed(args.request);
    Object.assign(args.request.headers, headers, { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' });
    return next(args as never);
  };
  const stack = command.middlewareStack as unknown as {
    add(step: unknown, options: object): void;
    addRelativeTo(step: unknown, options: object): void;
  };
  stack.add((next: never) => change(next, false), { step: 'build', name: 'unsignedPayload' });
  const after = { relation: 'after', toMiddleware: 'httpSigningMiddleware', name: 'signedOnly' };
  stack.addRelativeTo((next: never) => change(next, true), after);
  try {
    await client.send(command as never);
  } catch (error) {
    if (error instanceof Signed) return asSigned(error.request);
    throw error;
  }
  throw new Error('the SDK sent what it should have signed only');
}

/** A presigned address as a request. */
export function atAddress(method: string, address: string): SignedRequest {
  return { method, url: new URL(address), headers: {} };
}

/** Sends the request with this body. @throws what the network failed with, AbortError included */
export async function sendWhole(request: SignedRequest, body: Buffer, signal: AbortSignal): Promise<RawAnswer> {
  const outgoing = open(request, body.length, signal);
  const answer = answerTo(outgoing);
  outgoing.end(body);
  return answer;
}

/**
 * Announces `announced` bytes, sends the first of them, and ends the connection. Resolves once the store has ended it, too, or the signal
 * says so: what it makes of those bytes it has made by then, as far as can be seen from here.
 */
export async function sendCut(
  request: SignedRequest,
  sent: Buffer,
  announced: number,
  signal: AbortSignal,
): Promise<void> {
  const outgoing = open(request, announced, signal);
  const ended = new Promise<void>((resolve) => {
    outgoing.once('close', resolve);
    outgoing.once('error', () => undefined);
    outgoing.once('response', (answer: IncomingMessage) => answer.resume());
  });
  outgoing.write(sent, () => outgoing.socket?.end());
  await ended;
}

function open({ method, url, headers }: SignedRequest, length: number, signal: AbortSignal): ClientRequest {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const body = method === 'GET' || method === 'HEAD' ? {} : { 'content-length': String(length) };
  // A connection of its own: it may be broken.
  return send(url, { method, headers: { ...headers, ...body }, agent: false, signal });
}

function answerTo(outgoing: ClientRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('response', (answer) => {
      const chunks: Buffer[] = [];
      let length = 0;
      answer.on('data', (chunk: Buffer) => {
        if (length < LARGEST_ANSWER) chunks.push(chunk);
        length += chunk.length;
      });
      answer.once('error', reject);
      answer.once('end', () => {
        const body = Buffer.concat(chunks);
        const code = /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(body.toString('latin1'))?.[1];
        const { etag } = answer.headers;
        const server = answer.headers['server'] as string | undefined;
        resolve({ status: answer.statusCode ?? 0, code, etag, server, body });
      });
    });
  });
}

function asSigned({ method, protocol, hostname, port, path, query = {}, headers }: SdkRequest): SignedRequest {
  const parameters = Object.entries(query).flatMap(([name, value]) =>
    (value === null ? [''] : Array.isArray(value) ? value : [value]).map(
      (each: string) => `${encodeURIComponent(name)}=${encodeURIComponent(each)}`,
    ),
  );
  const search = parameters.length === 0 ? '' : `?${parameters.join('&')}`;
  return { method, url: new URL(`${protocol}//${hostname}${port ? `:${port}` : ''}${path}${search}`), headers };
}
