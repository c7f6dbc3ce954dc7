import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { IsIn, IsOptional, IsString } from 'class-validator';
import {
  type ConfiguredProcess,
  createServer,
  escapeReferences,
  type Execution,
  listen,
  type ProcessDescription,
  Processor,
  ProcessorDefinition,
  type ProcessorInterface,
  ProcessesServerModule,
  type ProcessesServerOptions,
  type RequestFault,
} from 'ogc-processes-k8s';

/** What this application knows; a database, say. */
@Injectable()
class Gazetteer {
  private readonly places = new Map([
    ['dresden', [13.74, 51.05]],
    ['quito', [-78.51, -0.22]],
  ]);

  names(): string[] {
    return [...this.places.keys()];
  }

  async find(name: string): Promise<readonly number[] | undefined> {
    return this.places.get(name.toLowerCase());
  }
}

/** The `processor` section of such a process: `order` beside the keys that every processor has. */
class LocateDefinition extends ProcessorDefinition {
  @IsOptional()
  @IsString()
  default_image?: string;

  @IsOptional()
  @IsIn(['lon-lat', 'lat-lon'])
  order?: 'lon-lat' | 'lat-lon';
}

/** Prints where a place is, in a container. */
@Injectable()
@Processor('examples.LocateProcessor')
class LocateProcessor implements ProcessorInterface<LocateDefinition> {
  readonly definitionClass = LocateDefinition;
  readonly mainContainerName = 'locate';

  constructor(private readonly gazetteer: Gazetteer) {}

  describe({ id }: ConfiguredProcess<LocateDefinition>): ProcessDescription {
    return {
      id,
      version: '1.0.0',
      title: 'Locate',
      jobControlOptions: ['sync-execute', 'async-execute', 'dismiss'],
      outputTransmission: ['value'],
      links: [],
      inputs: { place: { title: 'Name of a place', schema: { type: 'string' } } },
      outputs: { point: { schema: { type: 'object', contentMediaType: 'application/geo+json' } } },
      example: { inputs: { place: 'Quito' } },
    };
  }

  async validate(_: ConfiguredProcess<LocateDefinition>, { inputs }: Execution): Promise<RequestFault[]> {
    if (await this.gazetteer.find(String(inputs['place']))) return [];
    return [{ pointer: '/inputs/place', message: `must be one of ${this.gazetteer.names().join(', ')}` }];
  }

  async makePodSpec({ definition }: ConfiguredProcess<LocateDefinition>, { inputs }: Execution) {
    const found = (await this.gazetteer.find(String(inputs['place']))) ?? [];
    const coordinates = definition.order === 'lat-lon' ? found.toReversed() : found;
    const program = 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; printf %s "$1"';
    const point = JSON.stringify({ type: 'Point', coordinates });
    return {
      containers: [
        {
          name: this.mainContainerName,
          image: definition.default_image ?? 'busybox',
          command: ['sh', '-c', program, 'locate'],
          args: [escapeReferences(point)],
        },
      ],
    };
  }
}

@Module({ providers: [Gazetteer], exports: [Gazetteer] })
class GazetteerModule {}

/** A route of the application's own, beside the server's. */
@Controller('places')
class PlacesController {
  constructor(private readonly gazetteer: Gazetteer) {}

  @Get()
  list(): string[] {
    return this.gazetteer.names();
  }
}

const options: ProcessesServerOptions = { imports: [GazetteerModule], providers: [LocateProcessor] };

@Module({
  imports: [ProcessesServerModule.forRoot(options), GazetteerModule],
  controllers: [PlacesController],
})
class ApplicationModule {}

const app = await createServer(options, ApplicationModule);
app.enableShutdownHooks();
console.log(`listening on ${await listen(app)}`);
