import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ApiError, unknownResource } from '../objects/api-error.js';
import { parseRequest, sendJson } from './api-request.js';
import { discovery } from './discovery.js';
import type { ResourceRequests } from './resource-requests.js';

export interface ApiServerOptions {
  readonly port: number;
  readonly token: string;
  readonly key: string;
  readonly certificate: string;
  readonly log: (message: string) => void;
}

const HEALTH = ['/healthz', '/readyz', '/livez'];

/**
 * The API over HTTPS on 127.0.0.1. Every request needs the token, so that no other user of the machine can run commands, and a `Host` of this very
 * address, so that no web page can (by DNS rebinding).
 */
export class ApiServer {
  private readonly server: Server;
  private readonly tokenDigest: Buffer;

  private constructor(
    private readonly requests: ResourceRequests,
    private readonly options: ApiServerOptions,
  ) {
    this.tokenDigest = digest(options.token);
    this.server = createServer(
      { key: options.key, cert: options.certificate, keepAliveTimeout: 60_000 },
      (request, response) => {
        void this.handle(request, response);
      },
    );
  }

  /** Resolves when it listens. Rejects where the port is taken. */
  static async start(requests: ResourceRequests, options: ApiServerOptions): Promise<ApiServer> {
    const api = new ApiServer(requests, options);
    await new Promise<void>((resolve, reject) => {
      api.server.once('error', reject).listen(options.port, '127.0.0.1', resolve);
    });
    return api;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends watches and follows, and closes. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.check(request);
      const url = new URL(request.url ?? '/', 'https://127.0.0.1');
      if (HEALTH.includes(url.pathname)) {
        response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
        return;
      }
      const found = discovery(url.pathname.replace(/(.)\/$/, '$1'));
      if (found) return sendJson(response, 200, found);
      await this.requests.handle(parseRequest(request, response, url));
    } catch (error) {
      this.fail(response, error);
    }
  }

  private check({ headers }: IncomingMessage): void {
    if (headers.host !== `127.0.0.1:${this.port}` && headers.host !== `localhost:${this.port}`) {
      throw new ApiError(
        403,
        'Forbidden',
        `the Host header must be 127.0.0.1:${this.port} or localhost:${this.port}`,
        {},
      );
    }
    const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
    if (token === undefined || !timingSafeEqual(digest(token), this.tokenDigest))
      throw new ApiError(401, 'Unauthorized', 'Unauthorized');
  }

  private fail(response: ServerResponse, error: unknown): void {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const known = error instanceof ApiError ? error : error instanceof URIError ? unknownResource() : undefined;
    if (!known)
      this.options.log(`embedded cluster: a request failed: ${error instanceof Error ? error.stack : String(error)}`);
    const answer =
      known ?? new ApiError(500, 'InternalError', 'Internal error occurred: see the log of the embedded cluster');
    sendJson(response, answer.code, answer.toStatus());
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
