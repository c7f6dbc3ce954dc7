import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers a request; what it does when the other side goes away is its own. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A host on this machine that inputs are linked to, and that answers as a test wants. */
export class LinkedHost {
  /** Answers under way, in the order in which they were asked for. */
  readonly open: ServerResponse[] = [];
  private readonly server: Server;

  private constructor(private readonly answers: Readonly<Record<string, Answer>>) {
    this.server = createServer((request, response) => {
      this.open.push(response);
      response.once('close', () => this.open.splice(this.open.indexOf(response), 1));
      const answer = this.answers[request.url ?? ''];
      if (answer) answer(response, request);
      else response.writeHead(404).end();
    });
  }

  /** @param answers by the path */
  static async start(answers: Readonly<Record<string, Answer>>): Promise<LinkedHost> {
    const host = new LinkedHost(answers);
    await once(host.server.listen(0, '127.0.0.1'), 'listening');
    return host;
  }

  /** @returns the link as an input */
  link(path: string): { readonly href: string } {
    return { href: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}` };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Sends this body, with its length. */
export function whole(body: Buffer, type: string): Answer {
  return (response) => response.writeHead(200, { 'content-type': type, 'content-length': body.length }).end(body);
}

/** Announces so many bytes, and sends one, and another, and another. */
export function dripping(length: number): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': length }).write('x');
    const timer = setInterval(() => response.write('x'), 100);
    response.once('close', () => clearInterval(timer));
  };
}
