import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Configuration, PubSubSettings } from '../config/configuration.js';
import { ASYNCAPI_MEDIA_TYPE } from '../ogc/api-definition.js';
import { localize } from '../ogc/languages.js';
import type { Links } from '../ogc/links.js';
import type { Pages } from '../ogc/pages.js';
import { prefersHtml, variesByFormat } from '../ogc/representation.js';
import { seesProcess } from '../ogc/requests/rights.js';
import { sendJson } from '../ogc/send-json.js';
import type { ProcessRegistry } from '../processes/registry/process-registry.js';
import { type AsyncApiDocument, asyncApiDocument } from './asyncapi-document.js';

/** Answers with the AsyncAPI document of the processes that there are. */
export class AsyncApi {
  constructor(
    private readonly configuration: Configuration & { readonly pubsub: PubSubSettings },
    private readonly processes: ProcessRegistry,
    private readonly links: Links,
    private readonly pages: Pages,
    private readonly version: string,
  ) {}

  /** @throws InvalidRequestError for a format that there is not */
  answer(request: FastifyRequest, reply: FastifyReply): void {
    variesByFormat(reply);
    void reply.header('cache-control', 'no-cache');
    const document = this.documentOf(this.links.base(request), request);
    if (!this.pages.areServed || !prefersHtml(request)) void sendJson(reply, ASYNCAPI_MEDIA_TYPE, document);
    else void reply.send(this.pages.render(request, reply, 'asyncapi', document));
  }

  private documentOf(base: string, request: FastifyRequest): AsyncApiDocument {
    const { languages } = this.configuration.server;
    const processes = this.processes
      .list()
      .filter(({ id }) => seesProcess(request, id))
      .map(({ id, description }) => ({ id, title: localize(description.title, languages) }));
    return asyncApiDocument(this.configuration, processes, base, this.version);
  }
}
