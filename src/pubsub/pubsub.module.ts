import { type DynamicModule, Module } from '@nestjs/common';
import { Configuration, type PubSubSettings } from '../config/configuration.js';
import { HealthModule } from '../health/health.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { Links } from '../ogc/links.js';
import { Pages } from '../ogc/pages.js';
import { ProcessesModule } from '../processes/processes.module.js';
import { ProcessRegistry } from '../processes/registry/process-registry.js';
import { AsyncApiController } from './asyncapi.controller.js';
import { AsyncApi } from './asyncapi.js';
import { Broker } from './broker.js';
import { HttpBroker } from './http.broker.js';
import { MqttBroker } from './mqtt.broker.js';
import { PubSubService } from './pubsub.service.js';

/** Tells a broker what becomes of jobs, and says by AsyncAPI what that is. Imported where a broker is configured. */
@Module({})
export class PubSubModule {
  /** @param version of this server */
  static forRoot(pubsub: PubSubSettings, version: string): DynamicModule {
    return {
      module: PubSubModule,
      imports: [HealthModule, JobsModule, ProcessesModule],
      controllers: [AsyncApiController],
      providers: [
        { provide: Broker, useValue: pubsub.protocol === 'mqtt' ? new MqttBroker(pubsub) : new HttpBroker(pubsub) },
        {
          provide: AsyncApi,
          inject: [Configuration, ProcessRegistry, Links, Pages],
          useFactory: (configuration: Configuration, processes: ProcessRegistry, links: Links, pages: Pages) =>
            new AsyncApi({ ...configuration, pubsub }, processes, links, pages, version),
        },
        PubSubService,
      ],
    };
  }
}
