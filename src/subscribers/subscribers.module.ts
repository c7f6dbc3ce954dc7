import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { ProcessesModule } from '../processes/processes.module.js';
import { HostGate } from './host-gate.js';
import { MessageBody } from './message-body.js';
import { SubscriberCaller } from './subscriber-caller.js';
import { SubscriberReconciler } from './subscriber.reconciler.js';
import { SubscribersService } from './subscribers.service.js';

/** Tells those whom an execute request named how its job goes. */
@Module({
  imports: [JobsModule, ProcessesModule],
  providers: [HostGate, MessageBody, SubscriberCaller, SubscriberReconciler, SubscribersService],
})
export class SubscribersModule {}
