import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOperation, ApiQuery, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, callerOf } from '../../access/access.js';
import { Configuration } from '../../config/configuration.js';
import { ApiProblem } from '../../ogc/api-problem.js';
import { Links } from '../../ogc/links.js';
import type { LinkDto } from '../../ogc/ogc.dto.js';
import { Pages } from '../../ogc/pages.js';
import { negotiate, variesByFormat, withFormat } from '../../ogc/representation.js';
import { withoutIgnored } from '../../ogc/requests/ignored-parameters.js';
import { TakesToken } from '../../ogc/requests/takes-token.js';
import { sendJson } from '../../ogc/send-json.js';
import { usageCsv } from './usage-csv.js';
import { USAGE_BY, UsageReportDto } from './usage.dto.js';
import { parseUsageQuery, USAGE_PARAMETERS } from './usage-query.js';
import { UsageReports } from './usage-report.js';

const FORMATS = { json: 'application/json', html: 'text/html', csv: 'text/csv' } as const;

/** What jobs took, for as long as the archive keeps their records. */
@ApiTags('Jobs')
@TakesToken()
@Controller('usage')
export class UsageController {
  constructor(
    private readonly reports: UsageReports,
    private readonly access: Access,
    private readonly configuration: Configuration,
    private readonly links: Links,
    private readonly pages: Pages,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'getUsage',
    summary: 'What the jobs of the archive took: hours, processor-hours and memory-hours, by month, process or owner',
    description:
      'Of jobs that have ended and are in the archive, where they are within seconds; those that were removed count as well. ' +
      'Where roles decide, of the jobs that the caller sees; of owners only who sees all jobs is told.',
  })
  @ApiQuery({ name: 'by', required: false, enum: USAGE_BY, schema: { type: 'string', default: 'month' } })
  @ApiQuery({
    name: 'datetime',
    required: false,
    type: String,
    description: 'Of jobs created then, as in the job list',
  })
  @ApiQuery({
    name: 'f',
    required: false,
    enum: Object.keys(FORMATS),
    description: 'Format of the answer; goes before `Accept`',
  })
  @ApiExtraModels(UsageReportDto)
  @ApiResponse({
    status: 200,
    description: 'The sums',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(UsageReportDto) } },
      'text/html': { schema: { type: 'string' } },
      'text/csv': { schema: { type: 'string' } },
    },
  })
  @ApiProblem(400, 'A parameter is unknown or wrong')
  @ApiProblem(406, '`Accept` names neither JSON, HTML nor CSV')
  @ApiProblem(503, 'The archive does not answer now')
  async usage(
    @Query() given: Record<string, string | string[]>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    variesByFormat(reply);
    const format = negotiate(request, FORMATS);
    const query = withoutIgnored(given, USAGE_PARAMETERS, this.configuration.server.ignoreParameters);
    const asked = parseUsageQuery(query, this.access.rules !== undefined, new Date());
    const report = await this.reports.of(asked, callerOf(request));
    void reply.header('cache-control', 'no-cache');
    if (format === 'csv') {
      void reply.header('content-disposition', `attachment; filename="usage-by-${report.by}.csv"`);
      await reply.header('content-type', 'text/csv; charset=utf-8; header=present').send(usageCsv(report));
      return;
    }
    const document: UsageReportDto = { ...report, links: this.linksOf(request, format) };
    if (format === 'html' && this.pages.areServed)
      await reply.send(this.pages.render(request, reply, 'usage', document));
    else await sendJson(reply, FORMATS.json, document);
  }

  private linksOf(request: FastifyRequest, format: 'json' | 'html'): LinkDto[] {
    const base = this.links.base(request);
    const address = base + request.url;
    const titles = { json: 'This document as JSON', html: 'This document as HTML', csv: 'This document as CSV' };
    const others = (Object.keys(FORMATS) as (keyof typeof FORMATS)[]).filter((other) => other !== format);
    return [
      { href: address, rel: 'self', type: FORMATS[format], title: 'This document' },
      ...others.map((other) => ({
        href: withFormat(address, other),
        rel: 'alternate',
        type: FORMATS[other],
        title: titles[other],
      })),
      { href: `${base}/jobs`, rel: 'related', type: FORMATS.json, title: 'The jobs' },
    ];
  }
}
