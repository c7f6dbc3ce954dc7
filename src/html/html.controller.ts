import {
  Body,
  Controller,
  Get,
  Header,
  HttpStatus,
  NotFoundException,
  Param,
  Post,
  Redirect,
  Req,
  Res,
  StreamableFile,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, callerOf } from '../access/access.js';
import { ExecutionService } from '../jobs/execution/execution.service.js';
import { JobCache } from '../jobs/model/job-cache.js';
import { JobsService } from '../jobs/listing/jobs.service.js';
import { conformanceClass, ConformsTo } from '../ogc/conformance.js';
import { CrossSiteError } from '../ogc/domain-errors.js';
import { Links } from '../ogc/links.js';
import { goneSignal } from '../ogc/requests/client-gone.js';
import { isSameOrigin } from '../ogc/requests/same-origin.js';
import { Pages } from '../ogc/pages.js';
import { ProcessDescriptions } from '../processes/process-descriptions.js';
import { DISMISS, DISMISSAL_FIELD, formFields, readForm, TOKEN_FIELD } from './execute-form.js';
import { type ProcessPageResource, SENT_FORM, shownAgain } from './sent-form.js';
import { scriptFile } from './scripts.js';
import { stylesheet, STYLESHEET_PATH } from './stylesheet.js';

/** Of a route's configuration: all others refuse forms. */
const TAKES_FORMS = { takesForms: true };

type Form = Readonly<Record<string, unknown>>;

/** What pages need beside the API: their stylesheet, and what their forms are sent to, which works without scripts. */
@ApiExcludeController()
@Controller()
@ConformsTo([conformanceClass.html, conformanceClass.draft.html])
export class HtmlController {
  constructor(
    private readonly descriptions: ProcessDescriptions,
    private readonly pages: Pages,
    private readonly executions: ExecutionService,
    private readonly cache: JobCache,
    private readonly jobs: JobsService,
    private readonly access: Access,
    private readonly links: Links,
  ) {}

  @Get(STYLESHEET_PATH)
  @Header('content-type', 'text/css; charset=utf-8')
  @Header('cache-control', 'public, max-age=31536000, immutable')
  stylesheet(): string {
    return stylesheet;
  }

  /** A script of a page, or what it loads. */
  @Get('static/scripts/:hash/*')
  script(@Param('hash') hash: string, @Param('*') name: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const file = scriptFile(hash, name);
    if (!file) throw new NotFoundException('Pages have no such script.');
    void reply.headers({ 'content-type': file.type, 'cache-control': 'public, max-age=31536000, immutable' });
    return new StreamableFile(file.content);
  }

  /** Executes as the execute form says, and leads to the job. */
  @RouteConfig(TAKES_FORMS)
  @Post('processes/:processId/form')
  @Redirect(undefined, HttpStatus.SEE_OTHER)
  async execute(
    @Param('processId') processId: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const base = this.links.base(request);
    const form = readableForm(request, body, base);
    const description = this.descriptions.describe(processId, request, reply);
    const fields = formFields(description.inputs);
    this.pages.showProblemsOn(request, {
      kind: 'process',
      resource: (problem): ProcessPageResource => ({
        ...description,
        [SENT_FORM]: { problem, values: shownAgain(fields, form) },
      }),
    });
    const token = tokenOf(form);
    const inputs = readForm(fields, form);
    const caller = callerOf(request);
    const job = await this.executions.execute(
      processId,
      { inputs },
      token === undefined ? caller : { ...caller, token },
      { gone: goneSignal(reply.raw) },
    );
    return { url: `${base}/jobs/${job.jobId}` };
  }

  /** Dismisses or removes a job, as the button said, and leads to what is left. */
  @RouteConfig(TAKES_FORMS)
  @Post('jobs/:jobId/dismissal')
  @Redirect(undefined, HttpStatus.SEE_OTHER)
  async dismiss(@Param('jobId') jobId: string, @Body() body: unknown, @Req() request: FastifyRequest) {
    const base = this.links.base(request);
    const form = readableForm(request, body, base);
    const token = tokenOf(form);
    const job = await this.cache.get(jobId);
    const caller = callerOf(request);
    await this.access.demand(this.access.rightsOf(job), token === undefined ? caller : { ...caller, token }, {
      operation: 'dismiss',
      jobId,
    });
    // It may have ended since the page was shown, whose button said that it would be dismissed.
    const mayRemove = form[DISMISSAL_FIELD] !== DISMISS;
    const { isRemoved } = await this.jobs.dismiss(job, new Date(), this.access.nameOf(caller, token), mayRemove);
    return { url: isRemoved ? `${base}/jobs` : `${base}/jobs/${jobId}` };
  }
}

/** @throws CrossSiteError where another site's page sent it; UnsupportedMediaTypeException where it is no form */
function readableForm(request: FastifyRequest, body: unknown, base: string): Form {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? ''))
    throw new UnsupportedMediaTypeException('This address takes forms (application/x-www-form-urlencoded).');
  if (!isSameOrigin(request.headers, base)) throw new CrossSiteError();
  return (body ?? {}) as Form;
}

function tokenOf(form: Form): string | undefined {
  const token = form[TOKEN_FIELD];
  return typeof token === 'string' && token !== '' ? token : undefined;
}
