import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Configuration } from '../config/configuration.js';
import { answerInLanguage } from '../ogc/languages.js';
import { Links } from '../ogc/links.js';
import { profileUri } from '../ogc/requests/profiles.js';
import { localizeDescription } from './description/localize.js';
import type { Link } from './description/process-description.js';
import type { ProcessDto } from './description/process.dto.js';
import { processLinks, type Parameters } from './description/process-links.js';
import { ProcessRegistry } from './registry/process-registry.js';

/** OGC API - Processes 2.0 (draft), requirement `/req/ogc-process-description/json-encoding`. */
const PROFILE: Link = {
  href: profileUri('ogc-process-description'),
  rel: 'profile',
  title: 'What this document is: an OGC process description',
};

/** Descriptions of processes as they are answered (OGC API - Processes 1.0, section 7.10). */
@Injectable()
export class ProcessDescriptions {
  constructor(
    private readonly registry: ProcessRegistry,
    private readonly links: Links,
    private readonly configuration: Configuration,
  ) {}

  /** Of the inputs of a process; none where there is no such process. */
  inputsOf(processId: string): ProcessDto['inputs'] {
    const description = this.registry.find(processId)?.description;
    return description ? localizeDescription(description, this.configuration.server.languages).inputs : {};
  }

  /**
   * In the language of the request; sets the headers that say so.
   * @param asked parameters that its own link repeats
   * @throws ProcessNotFoundError
   */
  describe(processId: string, request: FastifyRequest, reply: FastifyReply, asked: Parameters = {}): ProcessDto {
    const { description } = this.registry.get(processId);
    const languages = answerInLanguage(request, reply, this.configuration.server.languages);
    const links = processLinks(this.links.base(request), processId, description.links, asked);
    return { ...localizeDescription(description, languages), links: [...links, PROFILE] };
  }
}
