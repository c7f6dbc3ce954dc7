import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import { Configuration } from '../config/configuration.js';
import { ClusterConnection } from '../k8s/connection/cluster-connection.js';

/** The address of this server for pods. */
@Injectable()
export class InternalAddress {
  constructor(
    private readonly configuration: Configuration,
    private readonly connection: ClusterConnection,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /**
   * Whether there is one: it is configured, or jobs run beside this server (the embedded cluster).
   */
  get isKnown(): boolean {
    return this.configuration.server.internalUrl !== undefined || this.connection.embedded;
  }

  /** Without trailing slash; undefined where there is none, or the server does not listen. */
  base(): string | undefined {
    if (!this.isKnown) return undefined;
    const { internalUrl, bind } = this.configuration.server;
    const address = (this.adapterHost.httpAdapter?.getHttpServer() as Server | undefined)?.address();
    const port = address !== null && typeof address === 'object' ? address.port : undefined;
    if (internalUrl !== undefined) {
      const url = new URL(internalUrl);
      if (url.port !== '0') return internalUrl;
      if (port === undefined) return undefined;
      url.port = String(port);
      return url.href.replace(/\/+$/, '');
    }
    if (port === undefined) return undefined;
    const host = ['0.0.0.0', '::', 'localhost'].includes(bind.host) ? '127.0.0.1' : bind.host;
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }
}
