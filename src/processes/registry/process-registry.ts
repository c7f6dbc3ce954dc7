import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { ConfigurationError, type ConfigurationFault } from '../../config/configuration-error.js';
import { Configuration, type ProcessResource } from '../../config/configuration.js';
import { ProcessNotFoundError } from '../../ogc/domain-errors.js';
import type { AnyProcessor } from './build-process.js';
import { ProcessEntry } from './process-entry.js';
import { type Finding, lacksProcessorName, processorNamesOf } from '../processor.js';
import { SchemaCompiler } from '../schema/schema-compiler.js';
import type { RegisteredProcess } from './registered-process.js';
import { whyNotTaken } from './untaken-processors.js';

/**
 * The processes of the configuration, built by the processors that their entries name: at start, and again where an inspection finds more. Every provider of the application
 * that carries the `Processor` decorator can be named.
 */
@Injectable()
export class ProcessRegistry implements OnModuleInit {
  private readonly logger = new Logger(ProcessRegistry.name);
  /** In the order of the file. */
  private readonly entries: ProcessEntry[] = [];
  private readonly expansions = new Map<string, readonly RegisteredProcess[]>();
  private processes = new Map<string, RegisteredProcess>();
  private changes = 0;

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
      const reason = whyNotTaken(resource.processor.name);
      if (reason !== undefined) {
        this.warn([{ path: resource.path, message: `is not served: ${reason}` }]);
        continue;
      }
      const processor = processors.get(resource.processor.name);
      if (!processor) {
        faults.push(unknownProcessor(resource, [...processors.keys()]));
        continue;
      }
      const { pods: podDefaults, undeclaredInputs } = this.configuration.server.manager;
      const context = { compiler, podDefaults, undeclaredInputs };
      const read = ProcessEntry.read(processor, resource, this.configuration.file, context);
      const expanded = read.entry?.expand({ state: 'pending' });
      faults.push(...read.faults, ...(expanded?.faults ?? []));
      this.warn([...read.warnings, ...(expanded?.warnings ?? [])]);
      if (!read.entry || !expanded) continue;
      this.entries.push(read.entry);
      this.expansions.set(resource.id, expanded.processes);
    }
    faults.push(
      ...this.index().map((id) => ({ path: 'resources', message: `make two processes with the id "${id}"` })),
    );
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

  /** Another number whenever a process has changed since. */
  get revision(): number {
    return this.changes;
  }

  /** Entries whose processors may ask for an inspection. */
  inspectedEntries(): readonly ProcessEntry[] {
    return this.entries.filter(({ isInspected }) => isInspected);
  }

  /**
   * Builds the processes of an entry anew. One that cannot be built stays as it was, or is left out.
   * @returns what is the matter with them, for operators
   */
  take(entry: ProcessEntry, finding: Finding): readonly string[] {
    const { processes, faults, warnings, problems } = entry.expand(finding, new SchemaCompiler());
    this.warn(warnings);
    const before = this.expansions.get(entry.id) ?? [];
    // Without any, the whole expansion has failed.
    const kept = processes.length === 0 && faults.length > 0 ? before : processes;
    this.expansions.set(entry.id, kept);
    const left = this.index().map((id) => `there is another process with the id "${id}", which stands over it`);
    this.changes += 1;
    return [...faults.map(({ path, message }) => `${path}: ${message}`), ...left, ...problems];
  }

  /** What the file names by itself stands over what others expand to. @returns ids that are wanted twice */
  private index(): readonly string[] {
    const all = this.entries.flatMap(({ id }) =>
      (this.expansions.get(id) ?? []).map((process) => ({ process, isOwn: process.id === id })),
    );
    const own = new Map(all.filter(({ isOwn }) => isOwn).map(({ process }) => [process.id, process]));
    const twice: string[] = [];
    this.processes = new Map();
    for (const { process } of all) {
      const other = own.get(process.id) ?? this.processes.get(process.id);
      if (other && other !== process) twice.push(process.id);
      else this.processes.set(process.id, process);
    }
    return twice;
  }

  private warn(warnings: readonly ConfigurationFault[]): void {
    for (const { path, message } of warnings) this.logger.warn(`${this.configuration.file}: ${path}: ${message}`);
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
