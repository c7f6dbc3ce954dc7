import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import Negotiator from 'negotiator';
import { Access, type Caller, callerOf } from '../../access/access.js';
import { rateLimitFields } from '../../access/limits/rate-limit-fields.js';
import { Readers } from '../../access/readers.js';
import { Configuration } from '../../config/configuration.js';
import { isMapping } from '../../config/validation.js';
import { Observer } from '../../observation/observer.js';
import { JobGoneError, ResultNotAvailableError, SyncWaitExceededError } from '../../ogc/domain-errors.js';
import { Links } from '../../ogc/links.js';
import { goneSignal } from '../../ogc/requests/client-gone.js';
import { needsBodyNoMore } from '../../ogc/requests/needed-bodies.js';
import { askedProfiles } from '../../ogc/requests/profiles.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import type { Reading } from '../../processes/request/execute-request.js';
import { toStatusInfo } from '../listing/status-info.js';
import { CallerUsage } from '../limits/caller-usage.js';
import { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';
import { JobResults, type ResultsAnswer } from '../results/job-results.js';
import { sendResults } from '../results/send-results.js';
import { ExecutionService } from './execution.service.js';
import { parseIdempotencyKey } from './idempotency.js';
import { JobWaiter } from './job-waiter.js';
import { appliedPreferences, chooseMode, formatPrefer, longestWait, parsePrefer, type Answered } from './prefer.js';

/** Executes over HTTP, however the request came, and answers with the results or with the job. */
@Injectable()
export class ExecutionAnswers {
  constructor(
    private readonly processes: ProcessRegistry,
    private readonly executions: ExecutionService,
    private readonly cache: JobCache,
    private readonly waiter: JobWaiter,
    private readonly results: JobResults,
    private readonly links: Links,
    private readonly observer: Observer,
    private readonly configuration: Configuration,
    private readonly readers: Readers,
    private readonly usage: CallerUsage,
    private readonly access: Access,
  ) {}

  /**
   * @param body the execute request
   * @param how `headers` are those of the request, or what its parameters say in their place; `isDraft` where the
   * request is one of version 2.0 whatever profile it names; `faults` are those that were found before; `caller` who asks,
   * where the headers alone do not say it
   * @throws as {@link ExecutionService.execute}; JobGoneError, JobFailedError, SyncWaitExceededError, and whatever
   * keeps results from being read
   */
  async answer(
    processId: string,
    body: unknown,
    request: FastifyRequest,
    reply: FastifyReply,
    how: { headers?: IncomingHttpHeaders; isDraft?: boolean; faults?: Reading['faults']; caller?: Caller } = {},
  ): Promise<void> {
    const { headers = request.headers, faults = [], caller = callerOf(request) } = how;
    const isDraft = how.isDraft ?? isOfDraft(headers);
    await this.demandKnown(processId, body, caller);
    const { preferences, jobControlOptions, mode, asksForSync, key } = this.readHeaders(processId, headers, body);
    const base = this.links.base(request);
    const gone = goneSignal(reply.raw);
    const leave = mode.synchronous ? this.admitWait(processId, request, reply) : undefined;
    let sayLimits = (): void => undefined;
    let asking = caller;
    const executing = this.executions.execute(processId, body, caller, {
      identified: (identity) => {
        asking = { ...caller, ...(identity ? { identity } : {}) };
        sayLimits = () => void reply.headers(rateLimitFields(this.usage.quotasOf(identity)));
      },
      idempotencyKey: key,
      base,
      gone,
      byReference: mode.synchronous && preferences.return === 'minimal',
      asDocument: acceptsDocuments(headers, isDraft),
      reading: { ...(isDraft ? { emptyOutputs: 'none' } : {}), faults },
      ...(isDraft ? { version: '2.0' } : {}),
      asked: { prefer: formatPrefer(preferences), ...(asksForSync ? { mode: 'sync' } : {}) },
    });
    const job = await executing.finally(() => sayLimits());
    // Where there are no roles who may execute may read the log of what comes of it.
    const mayReadLog = !this.access.rules || (await this.access.mayReadLog(job, asking));
    needsBodyNoMore(request);
    const address = `${base}/jobs/${job.jobId}`;
    const sayApplied = (answered: Answered) => {
      const applied = appliedPreferences(preferences, mode, answered);
      if (applied !== undefined) void reply.header('preference-applied', applied);
    };
    if (mode.synchronous) {
      void reply.header('link', this.monitorLink(address));
      const ended = await this.waiter.waitForEnd(
        job,
        mode.waitSeconds === undefined ? undefined : mode.waitSeconds * 1000,
        gone,
      );
      leave?.();
      if (ended === 'gone') throw new JobGoneError(job.jobId);
      if (ended !== 'running') {
        const answer = await this.resultsOf(ended, base, mayReadLog);
        const asked = askedProfiles({ prefer: headers.prefer }).has('ogc-results') ? answer.profile : undefined;
        sayApplied({ references: answer.references ?? 'none', profile: asked });
        // Its job has run: to refuse the answer would have it run again.
        this.readers.watch(request, reply.raw);
        return sendResults(request, reply, answer);
      }
      if (!jobControlOptions.includes('async-execute'))
        throw new SyncWaitExceededError(
          `Job "${job.jobId}" goes on, and its result cannot be waited for any longer in this request. Its status: ${address}`,
        );
      void reply.removeHeader('link');
    }
    sayApplied('job');
    await reply
      .status(201)
      .header('location', address)
      .send(toStatusInfo(this.cache.statusOf(job), base, mayReadLog));
  }

  /**
   * Counts a request that is to wait for its job, until its answer is over at the latest.
   * @returns what ends that
   * @throws UnavailableError, LimitExceededError where no further may
   */
  admitWait(processId: string, request: FastifyRequest, reply: FastifyReply): () => void {
    try {
      return this.readers.admitWait(request, reply.raw);
    } catch (error) {
      this.observer.executionRefused(processId, error);
      throw error;
    }
  }

  /**
   * OGC's compliance suite for 1.0 looks for `rel=monitor` without quotes, and asks what stands before the first semicolon, angle brackets
   * and all.
   */
  private monitorLink(address: string): string {
    return this.configuration.server.citeCompatibility ? `${address}; rel=monitor` : `<${address}>; rel="monitor"`;
  }

  /** None where none were asked for. */
  private async resultsOf(job: JobRecord, base: string, showLogTail: boolean): Promise<ResultsAnswer> {
    try {
      return await this.results.read(job, showLogTail, base);
    } catch (error) {
      if (error instanceof ResultNotAvailableError) return {};
      throw error;
    }
  }

  private async demandKnown(processId: string, body: unknown, caller: Caller): Promise<void> {
    try {
      await this.executions.demandKnown(processId, body, caller);
    } catch (error) {
      this.observer.executionRefused(processId, error);
      throw error;
    }
  }

  /** What the request says of how it is answered. */
  private readHeaders(processId: string, headers: IncomingHttpHeaders, body: unknown) {
    try {
      const preferences = parsePrefer(headers['prefer']);
      const { description, syncMaxWait, waitsWhereAsked } = this.processes.get(processId);
      const { jobControlOptions } = description;
      const maxWait = longestWait(jobControlOptions, syncMaxWait, this.configuration.server.manager.syncMaxWait);
      const asksForSync = isMapping(body) && body['mode'] === 'sync';
      const mode = chooseMode(jobControlOptions, preferences, maxWait, { waitsWhereAsked, asksForSync });
      const key = parseIdempotencyKey(headers['idempotency-key']);
      return { preferences, jobControlOptions, mode, asksForSync, key };
    } catch (error) {
      this.observer.executionRefused(processId, error);
      throw error;
    }
  }
}

/** Who asks for a profile of version 2.0 means what that version does, where the two contradict each other. */
export function isOfDraft(headers: IncomingHttpHeaders): boolean {
  return askedProfiles(headers).size > 0;
}

/**
 * Whether the client would rather have a document (JSON) than several parts, or than one output as it is: so says 2.0
 * how results are negotiated where a request has no `response`.
 */
function acceptsDocuments(headers: IncomingHttpHeaders, isDraft: boolean): boolean | 'always' {
  const accept = headers.accept ?? '*/*';
  const preferred = (types: string[]) =>
    new Negotiator({ headers: { accept } }).mediaType(types) === 'application/json';
  if (askedProfiles(headers).has('ogc-results') && preferred(['application/json'])) return 'always';
  if (isDraft) return preferred(['application/json', 'multipart/related']);
  return /\bapplication\/json\b/i.test(accept) && preferred(['multipart/related', 'application/json']);
}
