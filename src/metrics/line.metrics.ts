import { Injectable } from '@nestjs/common';
import { AdmissionLine } from '../admission/line/admission-line.js';
import { MetricRegistry } from './metric-registry.js';

/** How long the server's own line is, as this replica knows it: on every replica the same. */
@Injectable()
export class LineMetrics {
  constructor(line: AdmissionLine, registry: MetricRegistry) {
    registry.gauge(
      {
        name: 'line_jobs',
        help: "Jobs that are not in a queue of Kueue: those that wait for their turn in the server's own line, and those that have a place.",
        labels: ['state'],
      },
      () => [
        [{ state: 'waiting' }, line.jobs.waiting],
        [{ state: 'running' }, line.jobs.running],
      ],
    );
  }
}
