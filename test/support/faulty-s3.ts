import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What stands between a server under test and its bucket: `none` passes all on; `down` ends every connection; `silent` answers nothing; `slow` answers after two seconds;
 * the others are answers of a store.
 */
export type S3Fault =
  'none' | 'down' | 'silent' | 'slow' | 'internal-error' | 'refused-credentials' | 'missing-bucket' | 'full';

const ANSWERS: Partial<Record<S3Fault, readonly [number, string]>> = {
  'internal-error': [500, 'InternalError'],
  'refused-credentials': [403, 'InvalidAccessKeyId'],
  'missing-bucket': [404, 'NoSuchBucket'],
  full: [507, 'InsufficientStorage'],
};
const SLOW = 2_000;

/** Passes requests on to an S3 store, signatures included, or fails as it is told to. */
export class FaultyS3 {
  fault: S3Fault = 'none';
  /** Requests that met the fault at hand. */
  met = 0;

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
    this.met = 0;
    if (fault === 'down') this.server.closeAllConnections();
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { fault } = this;
    if (fault !== 'none') this.met += 1;
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
      stored.pipe(answer);
    });
    outgoing.on('error', () => answer.destroy());
    answer.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }
}
