import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Configuration } from '../config/configuration.js';
import { trustedProxies } from './trusted-proxies.js';

/** Link relations of OGC API - Processes 1.0 (section 5.2) that are URIs. */
const OGC = 'http://www.opengis.net/def/rel/ogc/1.0/';
export const relation = {
  conformance: `${OGC}conformance`,
  processes: `${OGC}processes`,
  execute: `${OGC}execute`,
  jobList: `${OGC}job-list`,
  results: `${OGC}results`,
  exceptions: `${OGC}exceptions`,
  /** W3C PROV-AQ, section 3.1. */
  provenance: 'http://www.w3.org/ns/prov#has_provenance',
} as const;

/** A path as a link can hold it. */
const pathPattern = /^(?:\/[\w.~!$&'()*+,;=:@%-]+)*\/?$/;

/** Absolute addresses of this server. */
@Injectable()
export class Links {
  private readonly isTrusted: (address: string, hop: number) => boolean;

  constructor(private readonly configuration: Configuration) {
    this.isTrusted = trustedProxies(configuration.server.trustProxy);
  }

  /**
   * The API's base address without trailing slash: `server.url` where configured, else what the client addressed, and the path prefix: the one
   * that a trusted proxy says that it took off, else the configured one.
   */
  base(request: FastifyRequest): string {
    const { url, pathPrefix } = this.configuration.server;
    return url ?? `${request.protocol}://${request.host}${this.forwardedPrefix(request) ?? pathPrefix}`;
  }

  private forwardedPrefix(request: FastifyRequest): string | undefined {
    const header = [request.headers['x-forwarded-prefix'] ?? []].flat().join(',').split(',').at(-1)?.trim();
    if (!header || !pathPattern.test(header)) return undefined;
    return this.isTrusted(request.socket.remoteAddress ?? '', 0) ? header.replace(/\/$/, '') : undefined;
  }
}

/** Whether a text of the configuration is an address that a link can lead to; terms of service, say, may be a sentence. */
export function isAddress(text: string | undefined): text is string {
  return text !== undefined && /^https?:\/\//i.test(text) && URL.canParse(text);
}
