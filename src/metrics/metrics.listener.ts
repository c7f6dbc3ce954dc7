import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Configuration } from '../config/configuration.js';
import { UnauthorizedError } from '../ogc/domain-errors.js';
import { Exposition, METRICS_PATH } from './exposition.js';

/** The metrics on a port of their own, to which no Ingress leads. Answers until all else has shut down. */
@Injectable()
export class MetricsListener implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(MetricsListener.name);
  private readonly server: Server;

  constructor(
    private readonly exposition: Exposition,
    private readonly configuration: Configuration,
  ) {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  /** Undefined while it does not listen. */
  get port(): number | undefined {
    return (this.server.address() as AddressInfo | null)?.port;
  }

  /** Rejects where it cannot listen. */
  async onApplicationBootstrap(): Promise<void> {
    const { environment, server } = this.configuration;
    this.server.listen(environment.metrics.port, server.bind.host);
    await once(this.server, 'listening');
    this.logger.log(`${METRICS_PATH} answers on port ${this.port}`);
  }

  async onApplicationShutdown(): Promise<void> {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.split('?', 1)[0] !== METRICS_PATH) return send(response, 404, `There is only ${METRICS_PATH}.`);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return send(response, 405, 'Only GET and HEAD are answered.');
    }
    try {
      const { contentType, text } = await this.exposition.read(request.headers.authorization);
      send(response, 200, text, contentType);
    } catch (error) {
      if (error instanceof UnauthorizedError) {
        response.setHeader('www-authenticate', 'Bearer');
        return send(response, 401, error.message);
      }
      this.logger.error(`the metrics cannot be read: ${error instanceof Error ? error.stack : String(error)}`);
      send(response, 500, 'The metrics cannot be read; why stands in the log.');
    }
  }
}

function send(response: ServerResponse, status: number, text: string, contentType = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(text.endsWith('\n') ? text : `${text}\n`);
}
