import { Body, Controller, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, callerOf } from '../access/access.js';
import { SECONDS_OF_DAY } from '../access/shares/shares.js';
import { Sight } from '../access/sight.js';
import { JobCache } from '../jobs/model/job-cache.js';
import { ShareLinks } from '../jobs/sharing/share-links.js';
import { JobNotFoundError } from '../ogc/domain-errors.js';
import { Links } from '../ogc/links.js';
import { Pages } from '../ogc/pages.js';
import { SHARE_FORM } from './job/share-form.js';
import type { ShareLinkResource } from './pages/share-link.js';
import { readableForm, TAKES_FORMS, tokenOf } from './received-form.js';

/** What the form is sent to that makes a link for others; it works without scripts. */
@ApiExcludeController()
@Controller('jobs')
export class ShareController {
  constructor(
    private readonly cache: JobCache,
    private readonly shares: ShareLinks,
    private readonly access: Access,
    private readonly sight: Sight,
    private readonly links: Links,
    private readonly pages: Pages,
  ) {}

  /** Shows the link. */
  @RouteConfig(TAKES_FORMS)
  @Post(':jobId/share')
  async share(
    @Param('jobId') jobId: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const base = this.links.base(request);
    const form = readableForm(request, body, base);
    const caller = await this.access.withToken(callerOf(request), tokenOf(form));
    const job = await this.cache.findSeen(jobId, (known) => this.sight.seesJob(known, caller));
    this.sight.demandJob(jobId, job, caller);
    if (!job) throw new JobNotFoundError(jobId);
    const days = form[SHARE_FORM.days];
    const wish = {
      for: form[SHARE_FORM.for],
      expires_in: typeof days === 'string' && /^\d{1,5}$/.test(days) ? Number(days) * SECONDS_OF_DAY : days,
    };
    const made = await this.shares.make(job, wish, caller, base);
    const resource: ShareLinkResource = { jobID: jobId, ...made };
    void reply.status(200).header('cache-control', 'no-store');
    await reply.send(this.pages.render(request, reply, 'share-link', resource));
  }
}
