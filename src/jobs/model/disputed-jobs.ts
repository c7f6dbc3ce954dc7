import { Logger } from '@nestjs/common';
import type { JobRecord } from './job-record.js';

/** The jobs of which something is not this server's. */
export class DisputedJobs {
  private readonly disputed = new Set<string>();
  private readonly elsewhere = new Set<string>();
  private readonly logger = new Logger(DisputedJobs.name);

  /** How many there are: of which something is not believed, and signed with a key that is not known. */
  get counts(): { readonly disputed: number; readonly elsewhere: number } {
    return { disputed: this.disputed.size, elsewhere: this.elsewhere.size };
  }

  /** Says once of each job that somebody else than a server has written to it. */
  note(name: string, record: JobRecord | undefined): void {
    if (record?.signedElsewhere) this.elsewhere.add(name);
    else this.elsewhere.delete(name);
    if (!record?.disputed) {
      this.disputed.delete(name);
    } else if (!this.disputed.has(name)) {
      this.disputed.add(name);
      const waits = record.wronglySigned
        ? ' Nothing more is recorded of the job until they are put back or taken off.'
        : '';
      this.logger.error(
        `Job ${name}: not believed, for no server has written it so, or it points to what is not of this job: annotations ` +
          `${record.disputed.join(', ')}.${waits} See docs/decisions/047-believing.md`,
      );
    }
  }
}
