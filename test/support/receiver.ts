import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { HOST_FROM_PODS } from './cluster.js';
import { isDeployed } from './deployment.js';

export interface ReceivedCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly id: string;
  readonly body: string;
}

/** A subscriber on this machine that can be away for a while, and be in a bad mood. */
export class Receiver {
  readonly calls: ReceivedCall[] = [];
  /** Answers a call; by default 204. */
  answer: (call: ReceivedCall, response: ServerResponse) => void = (_call, response) => response.writeHead(204).end();
  /** Where servers under test reach it. */
  readonly host = isDeployed ? HOST_FROM_PODS : '127.0.0.1';
  private server: Server | undefined;
  private port = 0;

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await receiver.up();
    return receiver;
  }

  /** Always the same address. */
  async up(): Promise<void> {
    if (this.server) return;
    this.server = createServer((request, response) => {
      void text(request).then((body) => {
        const path = request.url ?? '';
        const call = { path, headers: request.headers, id: String(request.headers['webhook-id']), body };
        this.calls.push(call);
        this.answer(call, response);
      });
    });
    await once(this.server.listen(this.port, this.host), 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async down(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = undefined;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  url(path: string): string {
    return `http://${this.host}:${this.port}${path}`;
  }

  at(path: string): readonly ReceivedCall[] {
    return this.calls.filter((call) => call.path === path);
  }
}
