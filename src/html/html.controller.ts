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
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, callerOf } from '../access/access.js';
import { Sight } from '../access/sight.js';
import { ExecutionService } from '../jobs/execution/execution.service.js';
import { Configuration } from '../config/configuration.js';
import { ExecutionAnswers } from '../jobs/execution/execution-answers.js';
import { JobWaiter } from '../jobs/execution/job-waiter.js';
import { JobCache } from '../jobs/model/job-cache.js';
import { JobsService } from '../jobs/listing/jobs.service.js';
import { conformanceClass, ConformsTo } from '../ogc/conformance.js';
import { Links } from '../ogc/links.js';
import { goneSignal } from '../ogc/requests/client-gone.js';
import { Pages } from '../ogc/pages.js';
import type { Problem } from '../ogc/problem.js';
import { wantsHtml } from '../ogc/representation.js';
import { ProcessDescriptions } from '../processes/process-descriptions.js';
import { DISMISS, DISMISSAL_FIELD, formOf, readForm, TOKEN_FIELD } from './execute-form.js';
import type { FormPart } from './browser/form/form-part.js';
import { FormReader } from './form/form-reader.js';
import { partsOfFields, textOf } from './form/form-part.js';
import { fillForm } from './forms/fill-form.js';
import { assertForm, readableForm, TAKES_FORMS } from './received-form.js';
import { FILLED_FORM, type FilledForm, type ProcessPageResource, shownAgain } from './sent-form.js';
import { scriptFile } from './scripts.js';
import { stylesheet, STYLESHEET_PATH } from './stylesheet.js';

/** `Cache-Control` of what has an address that changes with it. */
const FOREVER = 'public, max-age=31536000, immutable';

/** Seconds that a form's answer may take: less than what proxies allow. */
const LONGEST_WAIT = 45;

/** What pages need beside the API: their stylesheet, and what their forms are sent to, which works without scripts. */
@ApiExcludeController()
@Controller()
@ConformsTo([conformanceClass.html, conformanceClass.draft.html])
export class HtmlController {
  constructor(
    private readonly descriptions: ProcessDescriptions,
    private readonly pages: Pages,
    private readonly forms: FormReader,
    private readonly executions: ExecutionService,
    private readonly answers: ExecutionAnswers,
    private readonly waiter: JobWaiter,
    private readonly cache: JobCache,
    private readonly jobs: JobsService,
    private readonly access: Access,
    private readonly sight: Sight,
    private readonly links: Links,
    private readonly configuration: Configuration,
  ) {}

  @Get(STYLESHEET_PATH)
  @Header('content-type', 'text/css; charset=utf-8')
  @Header('cache-control', FOREVER)
  stylesheet(): string {
    return stylesheet;
  }

  /** A script of a page, or what it loads. */
  @Get('static/scripts/:hash/*')
  script(@Param('hash') hash: string, @Param('*') name: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const file = scriptFile(hash, name);
    if (!file) throw new NotFoundException('Pages have no such script.');
    void reply.headers({ 'content-type': file.type, 'cache-control': FOREVER });
    return new StreamableFile(file.content);
  }

  /**
   * Executes as the execute form says, and leads to the job, or, where that is to be waited for, to its results. With `check` it
   * says whether the request is right, with `example` it shows the form filled with the example: both execute nothing. Who would rather
   * have JSON than a page is answered as at the API's own address, but with the job where the request does not say otherwise.
   */
  @RouteConfig({ ...TAKES_FORMS, takesFiles: true })
  @Post('processes/:processId/form')
  async execute(
    @Param('processId') processId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const base = this.links.base(request);
    assertForm(request, base, true);
    const asked = callerOf(request);
    const parts: FormPart[] = [];
    const describe = () => {
      const description = this.descriptions.describe(processId, request, reply);
      const resource = (problem: Problem) => ({
        ...description,
        [FILLED_FORM]: { values: shownAgain(parts), problem },
      });
      this.pages.showProblemsOn(request, { kind: 'process', resource });
      return description;
    };
    // Who shows nothing before the form is read is not told which processes there are.
    const known = this.sight.seesProcess(processId, asked) ? describe() : undefined;
    const inputs = known?.inputs ?? this.descriptions.inputsOf(processId);
    const received = await this.forms.read(request, { processId, inputs, caller: asked, parts });
    try {
      const caller = await this.access.withToken(asked, received.token);
      this.sight.demandProcess(processId, caller);
      const description = known ?? describe();
      const form = formOf(description);
      const show = async (filled: FilledForm): Promise<void> => {
        void reply.status(HttpStatus.OK).header('cache-control', 'no-store');
        const page: ProcessPageResource = { ...description, [FILLED_FORM]: filled };
        await reply.send(this.pages.render(request, reply, 'process', page));
      };
      const isPressed = (name: string) => parts.some((part) => part.name === name);
      if (isPressed('example')) return await show(fillForm(form, description.example ?? {}));
      const wanted = readForm(form, parts);
      const gone = goneSignal(reply.raw);
      if (isPressed('check')) {
        await this.executions.preview(processId, wanted, caller, { gone });
        return await show({ values: shownAgain(parts), isValid: true });
      }
      if (wantsJson(request)) {
        const headers = { prefer: 'respond-async', ...request.headers };
        return await this.answers.answer(processId, wanted, request, reply, { headers, caller });
      }
      const isSync = wanted['mode'] === 'sync' && description.jobControlOptions.includes('sync-execute');
      if (isSync) this.answers.admitWait(processId, request, reply);
      const job = await this.executions.execute(processId, wanted, caller, { base, gone });
      const address = `${base}/jobs/${job.jobId}`;
      const seconds = Math.min(this.configuration.server.manager.syncMaxWait ?? LONGEST_WAIT, LONGEST_WAIT);
      const ended = isSync ? await this.waiter.waitForEnd(job, seconds * 1000, gone) : undefined;
      const isSuccessful = typeof ended === 'object' && this.cache.statusOf(ended).status === 'successful';
      await reply.redirect(isSuccessful ? `${address}/results` : address, HttpStatus.SEE_OTHER);
    } finally {
      await received.dispose();
    }
  }

  /** Dismisses or removes a job, as the button said, and leads to what is left. */
  @RouteConfig(TAKES_FORMS)
  @Post('jobs/:jobId/dismissal')
  @Redirect(undefined, HttpStatus.SEE_OTHER)
  async dismiss(@Param('jobId') jobId: string, @Body() body: unknown, @Req() request: FastifyRequest) {
    const base = this.links.base(request);
    const fields = partsOfFields(readableForm(request, body, base));
    const token = textOf(fields, TOKEN_FIELD);
    const caller = await this.access.withToken(callerOf(request), token);
    const found = await this.cache.findSeen(jobId, (job) => this.sight.seesJob(job, caller));
    this.sight.demandJob(jobId, found, caller);
    const job = found ?? (await this.cache.get(jobId));
    await this.access.demand(this.access.rightsOf(job), caller, { operation: 'dismiss', jobId });
    // It may have ended since the page was shown, whose button said that it would be dismissed.
    const mayRemove = textOf(fields, DISMISSAL_FIELD) !== DISMISS;
    const { isRemoved } = await this.jobs.dismiss(job, new Date(), this.access.nameOf(caller), mayRemove);
    return { url: isRemoved ? `${base}/jobs` : `${base}/jobs/${jobId}` };
  }
}

/** Whether JSON is asked for by name, and no less than a page. */
function wantsJson(request: FastifyRequest): boolean {
  const { accept = '' } = request.headers;
  const { f } = request.query as Readonly<Record<string, unknown>>;
  return f === 'json' || (f === undefined && /\bjson\b/i.test(accept) && !wantsHtml(request));
}
