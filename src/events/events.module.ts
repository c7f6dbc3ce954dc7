import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { QueuesModule } from '../queues/queues.module.js';
import { AskedStates } from './asked-states.js';
import { EventStreams } from './event-streams.js';
import { EventsController } from './events.controller.js';
import { StatusFeed } from './status-feed.js';
import { StatusTexts } from './status-texts.js';

/** Tells clients by server-sent events what becomes of jobs. */
@Module({
  imports: [JobsModule, QueuesModule],
  controllers: [EventsController],
  providers: [AskedStates, EventStreams, StatusFeed, StatusTexts],
})
export class EventsModule {}
