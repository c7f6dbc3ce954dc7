import { Injectable } from '@nestjs/common';
import { Configuration } from '../config/configuration.js';
import { ApiToken, bearerToken } from '../ogc/api-token.js';
import { UnauthorizedError } from '../ogc/domain-errors.js';
import { MetricRegistry } from './metric-registry.js';

export const METRICS_PATH = '/metrics';

/** The metrics as Prometheus reads them (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format), for who may. */
@Injectable()
export class Exposition {
  private readonly token: ApiToken;

  constructor(
    private readonly registry: MetricRegistry,
    { environment }: Configuration,
  ) {
    this.token = new ApiToken(environment.metrics.token);
  }

  /**
   * @param authorization the request's header
   * @throws UnauthorizedError where `METRICS_TOKEN` is set and this is another
   */
  async read(authorization: string | undefined): Promise<{ readonly contentType: string; readonly text: string }> {
    if (this.token.isSet && !this.token.matches(bearerToken(authorization)))
      throw new UnauthorizedError('The metrics ask for their token: send it as "Authorization: Bearer TOKEN".');
    return { contentType: this.registry.contentType, text: await this.registry.read() };
  }
}
