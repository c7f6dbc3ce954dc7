import { Module } from '@nestjs/common';
import { ProcessesModule } from '../processes/processes.module.js';
import { KvpExecutionController } from './execution/kvp-execution.controller.js';
import { JobsModule } from './jobs.module.js';

/** Executing by `GET`; only where `server.kvp_execute` is on. */
@Module({ imports: [JobsModule, ProcessesModule], controllers: [KvpExecutionController] })
export class KvpExecutionModule {}
