import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiProduces, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Configuration } from '../config/configuration.js';
import { ApiProblem } from '../ogc/api-problem.js';
import { TakesShare } from '../ogc/requests/takes-share.js';
import { TakesToken } from '../ogc/requests/takes-token.js';
import { LONGEST_TEXT } from '../jobs/listing/job-list.query.js';
import { LONGEST_TAG, MOST_TAGS } from '../jobs/model/annotations/archival.js';
import { CAUSE_TYPES } from '../jobs/model/cause-types.js';
import { demandEvents, EVENTS, MOST_IDS, parseEventsQuery, parseJobEventsQuery } from './event-request.js';
import { EventStreams } from './event-streams.js';

const LAST_EVENT_ID = ApiHeader({
  name: 'Last-Event-ID',
  required: false,
  schema: { type: 'string' },
  description: 'The last event that the client has; after `end` the answer is 204',
});
const STREAM = ApiResponse({
  status: 200,
  description: 'Server-sent events; those of type `status` have a status document (statusInfo) as their data',
  headers: { 'X-Accel-Buffering': { description: '`no`', schema: { type: 'string' } } },
  content: { [EVENTS]: { schema: { type: 'string' } } },
});
const NO_MORE = ApiResponse({ status: 204, description: 'The client has all events (`Last-Event-ID: end`)' });
const AS_LIST = 'As of the job list';

type RawQuery = Record<string, string | string[]>;

/** What becomes of jobs, told as it happens; beyond the standard. */
@ApiTags('Jobs')
@TakesToken()
@Controller('jobs')
export class EventsController {
  private readonly ignored: readonly string[];

  constructor(
    private readonly streams: EventStreams,
    configuration: Configuration,
  ) {
    this.ignored = configuration.server.ignoreParameters;
  }

  @Get('events')
  @ApiOperation({
    operationId: 'getJobsEvents',
    summary: 'What becomes of jobs, as server-sent events',
    description:
      'After each connect the present state first, then `present`, then each change: `status`, `left` (the job is no longer one ' +
      'that was asked for), `gone`. With `id` it ends when those jobs have (`end`).',
  })
  @ApiQuery({
    name: 'id',
    required: false,
    isArray: true,
    schema: { type: 'array', maxItems: MOST_IDS, items: { type: 'string' } },
    description: 'Only these jobs',
  })
  @ApiQuery({ name: 'type', required: false, isArray: true, enum: ['process'] })
  @ApiQuery({ name: 'processID', required: false, isArray: true, type: String })
  @ApiQuery({
    name: 'status',
    required: false,
    isArray: true,
    enum: ['accepted', 'running', 'successful', 'failed', 'dismissed'],
  })
  @ApiQuery({ name: 'cause', required: false, isArray: true, enum: CAUSE_TYPES, description: AS_LIST })
  @ApiQuery({ name: 'q', required: false, schema: { type: 'string', maxLength: LONGEST_TEXT }, description: AS_LIST })
  @ApiQuery({
    name: 'tag',
    required: false,
    isArray: true,
    schema: { type: 'array', items: { type: 'string', maxLength: LONGEST_TAG }, maxItems: MOST_TAGS },
    description: AS_LIST,
  })
  @ApiQuery({ name: 'datetime', required: false, type: String, description: AS_LIST })
  @ApiQuery({ name: 'minDuration', required: false, schema: { type: 'integer', minimum: 0 }, description: AS_LIST })
  @ApiQuery({ name: 'maxDuration', required: false, schema: { type: 'integer', minimum: 0 }, description: AS_LIST })
  @LAST_EVENT_ID
  @ApiProduces(EVENTS)
  @STREAM
  @NO_MORE
  @ApiProblem(400, 'A parameter is wrong')
  @ApiProblem(406, 'The client takes no events')
  @ApiProblem(429, 'You have as many streams open as one caller may')
  @ApiProblem(503, 'As many streams are open as may at once; later there are places')
  async ofJobs(@Query() given: RawQuery, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    demandEvents(request);
    await this.streams.ofJobs(parseEventsQuery(given, this.ignored), request, reply);
  }

  @Get(':jobId/events')
  @TakesShare()
  @ApiOperation({
    operationId: 'getJobEvents',
    summary: 'What becomes of a job, as server-sent events',
    description:
      'After each connect its present state, then each change of it (`status`), to its end (`end`), or that it is `gone`. ' +
      'What is told is what `GET /jobs/{jobId}` tells the same caller.',
  })
  @LAST_EVENT_ID
  @ApiProduces(EVENTS)
  @STREAM
  @NO_MORE
  @ApiProblem(400, 'A parameter is wrong')
  @ApiProblem(404, 'There is no such job')
  @ApiProblem(406, 'The client takes no events')
  @ApiProblem(429, 'You have as many streams open as one caller may')
  @ApiProblem(503, 'As many streams are open as may at once; later there are places')
  async ofJob(
    @Param('jobId') jobId: string,
    @Query() given: RawQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    demandEvents(request);
    parseJobEventsQuery(given, this.ignored);
    await this.streams.ofJob(jobId, request, reply);
  }
}
