import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ANSWER_BUCKETS } from './buckets.js';
import { MetricRegistry } from './metric-registry.js';

/** For what no route answers: paths come from clients. */
const NO_ROUTE = '(none)';

/** Times HTTP requests, by the pattern of their path. */
@Injectable()
export class HttpMetrics {
  readonly #durations;

  constructor(registry: MetricRegistry) {
    this.#durations = registry.histogram(
      {
        name: 'http_request_duration_seconds',
        help: 'How long requests took to their last byte, synchronous executions and followed logs included.',
        labels: ['method', 'route', 'status'],
      },
      ANSWER_BUCKETS,
    );
  }

  /** For Fastify's `onResponse`. */
  readonly onResponse = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const route = request.is404 ? NO_ROUTE : (request.routeOptions.url ?? NO_ROUTE);
    this.#durations.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    done();
  };
}
