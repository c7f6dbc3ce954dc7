import { Injectable } from '@nestjs/common';
import { Configuration } from '../config/configuration.js';

/** Stands for all processes that are not configured (any more): ids come from clients and from old jobs, and each would be a series for good. */
export const OTHER_PROCESS = '(other)';

/** The label `process`: the id of a configured process, or {@link OTHER_PROCESS}. */
@Injectable()
export class ProcessLabel {
  private readonly known: ReadonlySet<string>;

  constructor({ processes }: Configuration) {
    this.known = new Set(processes.map(({ id }) => id));
  }

  of(processId: string): string {
    return this.known.has(processId) ? processId : OTHER_PROCESS;
  }
}
