import { Injectable } from '@nestjs/common';
import { declaredMediaType } from '../../processes/description/process-metadata.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import type { JobRecord } from '../model/job-record.js';

/** The outputs that processes declare, for who keeps results under their ids. */
@Injectable()
export class DeclaredOutputs {
  constructor(private readonly processes: ProcessRegistry) {}

  /** Ids with the media type that the description names; empty where none are declared, or the process is not configured (any more): any id may be used then. */
  of({ processId }: Pick<JobRecord, 'processId'>): ReadonlyMap<string, string | undefined> {
    const outputs = Object.entries(this.processes.find(processId)?.description.outputs ?? {});
    return new Map(outputs.map(([id, output]) => [id, declaredMediaType(output)]));
  }
}
