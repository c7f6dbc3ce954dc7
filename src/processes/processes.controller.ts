import { Controller, Get, Optional, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Configuration } from '../config/configuration.js';
import { ApiProblem } from '../ogc/api-problem.js';
import { conformanceClass, ConformsTo } from '../ogc/conformance.js';
import { withoutIgnored } from '../ogc/requests/ignored-parameters.js';
import { seesProcess } from '../ogc/requests/rights.js';
import { offsetSchema } from '../ogc/requests/offset.js';
import { Links } from '../ogc/links.js';
import { HasPage } from '../ogc/negotiation.interceptor.js';
import { prefersHtml } from '../ogc/representation.js';
import { checkQuery, LONGEST_TEXT, parsePage, parseText } from './description/list-query.js';
import { answerInLanguage } from '../ogc/languages.js';
import { localizeSummary } from './description/localize.js';
import { listLinks, processLinks, type Parameters } from './description/process-links.js';
import { ProcessDescriptions } from './process-descriptions.js';
import { ProcessForms } from './process-forms.js';
import { ProcessRegistry } from './registry/process-registry.js';
import { ProcessDto, ProcessListDto } from './description/process.dto.js';

const LANGUAGE = {
  name: 'lang',
  required: false,
  type: String,
  description: 'Language of the texts; goes before Accept-Language',
};

/** The processes that can be executed (OGC API - Processes 1.0, sections 7.9 and 7.10). */
@ApiTags('Processes')
@Controller('processes')
@ConformsTo([conformanceClass.core, conformanceClass.processDescription, conformanceClass.draft.processDescription])
export class ProcessesController {
  constructor(
    private readonly registry: ProcessRegistry,
    private readonly descriptions: ProcessDescriptions,
    private readonly links: Links,
    private readonly configuration: Configuration,
    @Optional() private readonly forms?: ProcessForms,
  ) {}

  @Get()
  @HasPage('processes', ProcessListDto)
  @ApiOperation({ operationId: 'getProcesses', summary: 'The processes, in the order of the configuration' })
  @ApiQuery({
    name: 'limit',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: 10_000 },
    description: 'Size of a page; the server may serve smaller ones, so more than it serves is no fault',
  })
  @ApiQuery({
    name: 'offset',
    required: false,
    schema: offsetSchema,
    description: 'Where the page begins; follow the links next and prev',
  })
  @ApiQuery({
    name: 'q',
    required: false,
    schema: { type: 'string', maxLength: LONGEST_TEXT },
    description:
      'Only processes that have this text in their id, title, description or keywords, in any language; capital letters are as small ones',
  })
  @ApiQuery(LANGUAGE)
  list(
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): ProcessListDto {
    const asked = this.checked(query, ['limit', 'offset', 'q', 'lang', 'f']);
    const page = parsePage(asked, this.configuration.server.limits);
    const languages = answerInLanguage(request, reply, this.configuration.server.languages);
    const base = this.links.base(request);
    const isFound = parseText(asked);
    const processes = this.registry
      .list()
      .filter(({ id, description }) => seesProcess(request, id) && isFound(description));
    return {
      processes: processes.slice(page.offset, page.offset + page.limit).map(({ description }) => ({
        ...localizeSummary(description, languages),
        links: processLinks(base, description.id, description.links),
      })),
      links: listLinks(base, page, processes.length, asked),
    };
  }

  @Get(':processId')
  @HasPage('process', ProcessDto)
  @ApiOperation({ operationId: 'getProcess', summary: 'The description of a process: its inputs and outputs' })
  @ApiParam({ name: 'processId', description: 'Identifier of the process' })
  @ApiQuery({
    name: 'from',
    required: false,
    type: String,
    description: 'Id of a job: the form on the page is filled as for that job. Of no matter for JSON',
  })
  @ApiQuery(LANGUAGE)
  @ApiProblem(404, 'There is no such process')
  async describe(
    @Param('processId') processId: string,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProcessDto> {
    const { from, ...asked } = this.checked(query, ['lang', 'f', 'from']);
    const description = this.descriptions.describe(processId, request, reply, asked);
    if (from === undefined || !this.forms || !prefersHtml(request)) return description;
    // Inputs are in it, for who may read them.
    void reply.header('cache-control', 'no-store');
    return this.forms.filledAs(from, description, request);
  }

  private checked(query: Record<string, unknown>, known: readonly string[]): Parameters {
    const asked = withoutIgnored(query, known, this.configuration.server.ignoreParameters);
    checkQuery(asked, known);
    return asked as Parameters;
  }
}
