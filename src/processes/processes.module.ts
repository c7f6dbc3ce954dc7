import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ProcessRegistry } from './registry/process-registry.js';
import { ProcessDescriptions } from './process-descriptions.js';
import { ProcessesController } from './processes.controller.js';
import { GenericImageProcessor } from './processors/generic-image/generic-image.processor.js';
import { HelloWorldK8sProcessor } from './processors/hello-world/hello-world.processor.js';
import { PapermillContainerImageProcessor } from './processors/papermill-notebook/container-image.processor.js';
import { PapermillNotebookProcessor } from './processors/papermill-notebook/notebook.processor.js';

/** The registry and the processors that come with the server. They need `Configuration` and Nest's DiscoveryModule. */
export const REGISTRY_PROVIDERS = [
  ProcessRegistry,
  GenericImageProcessor,
  HelloWorldK8sProcessor,
  PapermillNotebookProcessor,
  PapermillContainerImageProcessor,
];

/** The processes and what is known of them. `Configuration` and `Links` come from global modules. */
@Module({
  imports: [DiscoveryModule],
  controllers: [ProcessesController],
  providers: [...REGISTRY_PROVIDERS, ProcessDescriptions],
  exports: [ProcessRegistry, ProcessDescriptions],
})
export class ProcessesModule {}
