import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { passUntil } from './cut-body.js';

/**
 * What stands between a server under test and its bucket: `none` passes all on; `down` ends every connection; `silent` answers nothing; `slow` answers after two seconds;
 * `cut-writes` and `cut-reads` break connections in the middle of the bodies of requests and of answers, `stuck-writes` lets
 * them stand still there; the others are answers
 * of a store.
 */
export type S3Fault =
  | 'none'
  | 'cut-writes'
  | 'cut-reads'
  | 'stuck-writes'
  | 'down'
  | 'silent'
  | 'slow'
  | 'internal-error'
  | 'refused-credentials'
  | 'missing-bucket'
  | 'full';

const ANSWERS: Partial<Record<S3Fault, readonly [number, string]>> = {
  'internal-error': [500, 'InternalError'],
  'refused-credentials': [403, 'InvalidAccessKeyId'],
  'missing-bucket': [404, 'NoSuchBucket'],
  full: [507, 'InsufficientStorage'],
};
const SLOW = 2_000;
/** Bytes of a body that has a middle. */
const SMALLEST_CUT = 16;

/** Passes requests on to an S3 store, signatures included, or fails as it is told to. */
export class FaultyS3 {
  fault: S3Fault = 'none';
  /** Requests that met the fault at hand. */
  met = 0;
  /** The same of the fault before. */
  lastMet = 0;
  /** Of a body that is to be cut: after how many of its bytes. */
  cutAfter: (size: number) => number = (size) => Math.floor(size / 2);
  /** How many more bodies are cut. */
  cuts = Infinity;

  private constructor(
    private readonly server: Server,
    private readonly store: URL,
  ) {
    server.on('request', (incoming, answer) => void this.answer(incoming, answer));
  }

  /** @param host where it listens */
  static async before(endpoint: string, host = '127.0.0.1'): Promise<FaultyS3> {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    return new FaultyS3(server, new URL(endpoint));
  }

  get endpoint(): string {
    const { address, port } = this.server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  become(fault: S3Fault): void {
    this.fault = fault;
    this.lastMet = this.met;
    this.met = 0;
    this.cuts = Infinity;
    if (fault === 'down') this.server.closeAllConnections();
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { fault } = this;
    if (fault !== 'none' && !isCut(fault)) this.met += 1;
    if (fault === 'down') return void incoming.socket.destroy();
    if (fault === 'silent') return;
    const [status, code] = ANSWERS[fault] ?? [];
    if (status !== undefined) {
      incoming.resume();
      answer.writeHead(status, { 'content-type': 'application/xml' });
      answer.end(incoming.method === 'HEAD' ? undefined : `<Error><Code>${code}</Code></Error>`);
      return;
    }
    if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW));
    const { hostname, port } = this.store;
    // The host that was signed is this proxy's, and stays.
    const { method, url: path, headers } = incoming;
    const outgoing = request({ hostname, port, method, path, headers }, (stored) => {
      answer.writeHead(stored.statusCode ?? 502, stored.headers);
      if (method === 'GET' && this.cutsNow('cut-reads', stored))
        return passUntil(stored, answer, this.cutAfter(sizeOf(stored)), () => answer.destroy());
      stored.on('error', () => answer.destroy());
      stored.pipe(answer);
    });
    outgoing.on('error', () => answer.destroy());
    answer.on('close', () => outgoing.destroy());
    if (method !== 'PUT') return void incoming.pipe(outgoing);
    const isStuck = this.cutsNow('stuck-writes', incoming);
    if (!isStuck && !this.cutsNow('cut-writes', incoming)) return void incoming.pipe(outgoing);
    passUntil(incoming, outgoing, this.cutAfter(sizeOf(incoming)), () => {
      if (isStuck) return;
      outgoing.destroy();
      incoming.socket.destroy();
    });
  }

  private cutsNow(fault: S3Fault, message: IncomingMessage): boolean {
    if (this.fault !== fault || this.cuts <= 0 || sizeOf(message) < SMALLEST_CUT) return false;
    this.cuts -= 1;
    this.met += 1;
    return true;
  }
}

function isCut(fault: S3Fault): boolean {
  return fault === 'cut-writes' || fault === 'cut-reads' || fault === 'stuck-writes';
}

function sizeOf({ headers }: IncomingMessage): number {
  return Number(headers['content-length'] ?? 0);
}
