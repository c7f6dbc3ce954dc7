import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiProduces, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import { Access, callerOf } from '../../access/access.js';
import { Readers } from '../../access/readers.js';
import { Configuration } from '../../config/configuration.js';
import { ApiProblem } from '../../ogc/api-problem.js';
import { TakesToken } from '../../ogc/requests/takes-token.js';
import { InvalidRequestError } from '../../ogc/domain-errors.js';
import { goneSignal } from '../../ogc/requests/client-gone.js';
import { Pages } from '../../ogc/pages.js';
import { addVary } from '../../ogc/languages.js';
import { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';
import { JobLogs } from './job-logs.js';
import { LogPages } from './log-page.js';
import type { LogPart } from './log-parts.js';
import { END, LogEvents, type LogPosition, parsePosition } from './log-events.js';
import { untilSilent } from './log-streams.js';

const EVENTS = 'text/event-stream';
const PAGE = 'text/html';
/** Seconds of silence after which a followed log ends where nothing else is said. */
const MAX_SILENCE = 30;

/** Six digits for the number of an attempt; 15, which are exact, for bytes. */
const MOST = { attempt: 999_999, beside: 999_999, from: 999_999_999_999_999, tail: 100_000 } as const;
/** Of a container: RFC 1123, a label. */
const LONGEST_NAME = 63;

const LOG_FOLLOW =
  'Of a followed log: `attempt`, the first byte (`from`), or the lines with which it begins (`tail`), and whether it `may-end-early`, after `silence` seconds without a line';

/** What a job's containers print; beyond the standard. */
@ApiTags('Jobs')
@TakesToken()
@Controller('jobs')
export class LogsController {
  /** Seconds; 0: none. */
  private readonly maxSilence: number;

  constructor(
    private readonly cache: JobCache,
    private readonly logs: JobLogs,
    private readonly events: LogEvents,
    private readonly access: Access,
    private readonly readers: Readers,
    private readonly logPages: LogPages,
    private readonly pages: Pages,
    configuration: Configuration,
  ) {
    this.maxSilence = configuration.server.manager.followMaxSilence ?? MAX_SILENCE;
  }

  @Get(':jobId/logs')
  @ApiOperation({
    operationId: 'getLogs',
    summary: 'The log of a job',
    description: 'Live while the job runs, stored afterwards. Asks for the token wherever executing the process does.',
  })
  @ApiQuery({
    name: 'follow',
    required: false,
    schema: { type: 'boolean' },
    description:
      'Go on until the attempt ends, or nothing comes for a while (Log-Follow); text/event-stream goes on to the end of the job',
  })
  @ApiQuery({
    name: 'attempt',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: MOST.attempt },
    description: 'Of a job that was tried again: which attempt; the newest where it is not said',
  })
  @ApiQuery({
    name: 'from',
    required: false,
    schema: { type: 'integer', minimum: 0, maximum: MOST.from },
    description: 'Bytes of the text at its beginning that are left out, for the client has them',
  })
  @ApiQuery({
    name: 'container',
    required: false,
    schema: { type: 'string', maxLength: LONGEST_NAME },
    description: 'The log of this container alone; without it, of all',
  })
  @ApiQuery({
    name: 'tail',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: MOST.tail },
    description:
      "Of each container its last lines, so many at the most, as Kubernetes' `tailLines`; not with `from`. Events have no ids then: where the log may go on they stop without `end`, and a client that comes again has the last lines again",
  })
  @ApiQuery({
    name: 'f',
    required: false,
    enum: ['text', 'html'],
    description: '`html`: a page with its beginning, which goes on where scripts run; goes before `Accept`',
  })
  @ApiQuery({
    name: 'beside',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: MOST.beside },
    description: 'Of the page: another attempt, beside the first',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    schema: { type: 'string' },
    description: 'Of text/event-stream: the last event that the client has',
  })
  @ApiProduces('text/plain', EVENTS, PAGE)
  @ApiResponse({
    status: 200,
    description: 'The log',
    headers: { 'Log-Follow': { description: LOG_FOLLOW, schema: { type: 'string' } } },
    content: {
      'text/plain': { schema: { type: 'string' } },
      [EVENTS]: { schema: { type: 'string' } },
      [PAGE]: { schema: { type: 'string' } },
    },
  })
  @ApiResponse({ status: 204, description: 'The client has all events (`Last-Event-ID: end`)' })
  @ApiProblem(400, 'A parameter, or Last-Event-ID, is wrong')
  @ApiProblem(401, 'The API token is missing or wrong')
  @ApiProblem(404, 'There is no such job or container, or it has no log')
  @ApiProblem(416, 'The log has fewer bytes than are to be left out')
  @ApiProblem(429, 'You read or follow as many logs as one caller may at once')
  @ApiProblem(503, 'As many read or follow logs as may at once; later there are places')
  async log(
    @Param('jobId') jobId: string,
    @Query('follow') follow: string | undefined,
    @Query('attempt') attempt: string | undefined,
    @Query('from') from: string | undefined,
    @Query('beside') beside: string | undefined,
    @Query('container') container: string | undefined,
    @Query('tail') tail: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const job = await this.cache.get(jobId);
    await this.access.demand(this.access.rightsOf(job), callerOf(request), { operation: 'read-log', jobId });
    const gone = goneSignal(reply.raw);
    const asked = attempt === undefined ? undefined : parseInteger('attempt', attempt, 1);
    const at = { attempt: asked ?? this.logs.newestAttempt(job), from: parseInteger('from', from ?? '0', 0) };
    // A form sends what is not chosen empty.
    const other = beside ? parseInteger('beside', beside, 1) : undefined;
    const part = parsePart(container, tail);
    if (part.tail !== undefined && from !== undefined) throw wrong('from', 'must not stand beside tail');
    addVary(reply, 'Accept');
    void reply.header('x-accel-buffering', 'no').header('cache-control', 'no-store');
    const format = this.formatOf(request);
    if (format === PAGE) {
      this.readers.admit(request, reply.raw);
      const shown = [at.attempt, ...(other === undefined ? [] : [other])];
      return this.logPages.send(request, reply, job, shown, part, gone);
    }
    if (format === EVENTS) return this.sendEvents(request, reply, job, at, part, asked !== undefined, gone);
    void reply.header('content-type', 'text/plain; charset=utf-8');
    if (parseFollow(follow)) {
      this.readers.admitFollower(request, reply.raw);
      return this.sendFollowed(reply, job, at, part, gone);
    }
    this.readers.admit(request, reply.raw);
    await reply.send(
      await (asked === undefined && at.from === 0
        ? this.logs.read(job, false, gone, part)
        : this.logs.readAttempt(job, at.attempt, false, gone, at.from, part)),
    );
  }

  /** Text is for all who do not name another as what they would rather have, and for browsers that follow it by its address. */
  private formatOf({ headers, query }: FastifyRequest): string | undefined {
    const { f, follow } = query as { f?: unknown; follow?: unknown };
    const isPage = this.pages.areServed;
    if (f !== undefined && f !== 'text' && f !== 'html')
      throw wrong('f', `must be text or html (is ${JSON.stringify(f)})`);
    if (f === 'html') return isPage ? PAGE : undefined;
    const available =
      f === 'text' ? ['text/plain'] : ['text/plain', EVENTS, ...(isPage && follow === undefined ? [PAGE] : [])];
    return new Negotiator({ headers: { accept: headers.accept } }).mediaType(available);
  }

  /** As text, which ends where nothing comes for long, so that no proxy on the way has to cut it. */
  private async sendFollowed(
    reply: FastifyReply,
    job: JobRecord,
    at: LogPosition,
    part: LogPart,
    gone: AbortSignal,
  ): Promise<void> {
    const mayEndEarly = this.maxSilence > 0 && !this.logs.isOver(job, at.attempt);
    const opening = this.logs.readAttempt(job, at.attempt, true, gone, at.from, part);
    const body = await (mayEndEarly ? untilSilent(opening, this.maxSilence * 1000) : opening);
    const bound = mayEndEarly ? [`may-end-early`, `silence=${this.maxSilence}`] : [];
    const begins = part.tail === undefined ? `from=${at.from}` : `tail=${part.tail}`;
    await reply.header('log-follow', [...bound, `attempt=${at.attempt}`, begins].join(', ')).send(body);
  }

  private async sendEvents(
    request: FastifyRequest,
    reply: FastifyReply,
    job: JobRecord,
    asked: LogPosition,
    part: LogPart,
    only: boolean,
    gone: AbortSignal,
  ): Promise<void> {
    const last = request.headers['last-event-id'];
    // Which a browser takes as the request not to come again (HTML, section 9.2.3).
    if (last === END) return void (await reply.status(204).send());
    const at = last === undefined || part.tail !== undefined ? asked : parsePosition(String(last));
    if (!at) throw wrong('Last-Event-ID', `must be the id of an event of this log (is "${String(last)}")`);
    this.readers.admitFollower(request, reply.raw);
    const heartbeat = ((this.maxSilence || MAX_SILENCE) * 1000) / 2;
    const body = await this.events.follow(job, at, { only, heartbeat, part }, gone);
    await reply.header('content-type', EVENTS).send(body);
  }
}

/** `?follow` alone means yes. */
function parseFollow(text: string | undefined): boolean {
  if (text === undefined) return false;
  if (['', 'true', '1'].includes(text)) return true;
  if (['false', '0'].includes(text)) return false;
  throw wrong('follow', `must be true or false (is "${text}")`);
}

function parsePart(container: string | undefined, tail: string | undefined): LogPart {
  if (container !== undefined && container.length > LONGEST_NAME)
    throw wrong('container', `must be the name of a container, of at most ${LONGEST_NAME} characters`);
  // A form sends what is not chosen empty.
  return { ...(container ? { container } : {}), ...(tail ? { tail: parseInteger('tail', tail, 1) } : {}) };
}

function parseInteger(name: keyof typeof MOST, text: string, least: number): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= MOST[name]) return number;
  throw wrong(name, `must be an integer from ${least} to ${MOST[name]} (is "${text}")`);
}

function wrong(pointer: string, message: string): InvalidRequestError {
  return new InvalidRequestError('A parameter is wrong.', [{ pointer, message }]);
}
