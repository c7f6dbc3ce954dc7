import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { ConfigurationError, type ConfigurationFault } from '../config/configuration-error.js';
import { Configuration, type ProcessResource } from '../config/configuration.js';
import { ProcessNotFoundError } from '../ogc/domain-errors.js';
import { buildProcess, type AnyProcessor } from './build-process.js';
import { lacksProcessorName, processorNamesOf } from './processor.js';
import { SchemaCompiler } from './schema-compiler.js';
import type { RegisteredProcess } from './registered-process.js';

/**
 * The processes of the configuration, each built once, at start, by the processor that its definition names. Every provider of the application
 * that carries the `Processor` decorator can be named.
 */
@Injectable()
export class ProcessRegistry implements OnModuleInit {
  private readonly logger = new Logger(ProcessRegistry.name);
  private readonly processes = new Map<string, RegisteredProcess>();

  constructor(
    private readonly configuration: Configuration,
    private readonly discovery: DiscoveryService,
  ) {}

  /** @throws ConfigurationError with all faults of all processes */
  onModuleInit(): void {
    const processors = this.findProcessors();
    const compiler = new SchemaCompiler();
    const faults: ConfigurationFault[] = [];
    for (const resource of this.configuration.processes) {
      const processor = processors.get(resource.processor.name);
      if (!processor) {
        faults.push(unknownProcessor(resource, [...processors.keys()]));
        continue;
      }
      const built = buildProcess(processor, resource, this.configuration.file, compiler);
      faults.push(...built.faults);
      for (const { path, message } of built.warnings)
        this.logger.warn(`${this.configuration.file}: ${path}: ${message}`);
      if (built.process) this.processes.set(resource.id, built.process);
    }
    if (faults.length > 0) throw new ConfigurationError(this.configuration.file, faults);
  }

  /** All processes, in the order of the file. */
  list(): readonly RegisteredProcess[] {
    return [...this.processes.values()];
  }

  find(id: string): RegisteredProcess | undefined {
    return this.processes.get(id);
  }

  /** @throws ProcessNotFoundError */
  get(id: string): RegisteredProcess {
    const process = this.find(id);
    if (!process) throw new ProcessNotFoundError(id);
    return process;
  }

  private findProcessors(): Map<string, AnyProcessor> {
    const processors = new Map<string, AnyProcessor>();
    for (const wrapper of this.discovery.getProviders()) {
      const instance: unknown = wrapper.instance;
      const processorClass = classOf(instance) ?? wrapper.metatype;
      if (lacksProcessorName(processorClass))
        this.logger.warn(
          `${wrapper.name} extends a processor but has no name of its own: decorate it with @Processor('name')`,
        );
      for (const name of processorNamesOf(processorClass)) {
        if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient)
          throw this.unusable(
            `processor ${name} (${wrapper.name}) must be a singleton: neither it nor what it injects may be of another scope`,
          );
        const other = processors.get(name);
        if (other && other !== instance)
          throw this.unusable(`Two processors have the name ${name}: ${other.constructor.name} and ${wrapper.name}.`);
        processors.set(name, instance as AnyProcessor);
      }
    }
    return processors;
  }

  private unusable(message: string): ConfigurationError {
    return new ConfigurationError(this.configuration.file, [{ path: 'resources', message }]);
  }
}

function classOf(instance: unknown): unknown {
  return typeof instance === 'object' && instance !== null ? instance.constructor : undefined;
}

function unknownProcessor({ path, processor }: ProcessResource, known: readonly string[]): ConfigurationFault {
  return {
    path: `${path}.name`,
    message: `must be the name of a processor: ${known.toSorted().join(', ') || 'none is registered'} (is ${JSON.stringify(processor.name)})`,
  };
}
