import type { V1PodSpec } from '@kubernetes/client-node';
import type { ConfigurationFault } from '../../config/configuration-error.js';
import type { ProcessResource } from '../../config/configuration.js';
import { isMapping } from '../../config/validation.js';
import {
  type AnyProcessor,
  type BuildContext,
  type ConfiguredEntry,
  describeProcess,
  readEntry,
} from './build-process.js';
import { withPodSettings } from './pod-settings.js';
import { checkedPodSpec } from './pod-spec-check.js';
import { ProcessorFault } from './processor-calls.js';
import type { CommonDefinition, ExpandedProcess, Finding, Inspection } from '../processor.js';
import type { RegisteredProcess } from './registered-process.js';

/** An inspection as it is run, and whose security contexts are put on it. */
export interface RequestedInspection extends Required<Pick<Inspection, 'podSpec' | 'deadlineSeconds'>> {
  readonly refreshSeconds?: number;
  readonly mainContainerName: string;
  readonly podSecurityContext: unknown;
  readonly containerSecurityContext: unknown;
}

/** The processes of an entry, and what keeps others from being among them. */
export interface ExpandedEntry {
  readonly processes: readonly RegisteredProcess[];
  readonly faults: readonly ConfigurationFault[];
  readonly warnings: readonly ConfigurationFault[];
  /** For operators; the processes are there all the same. */
  readonly problems: readonly string[];
}

const DEFAULT_DEADLINE_SECONDS = 600;
/** Of one entry: lists of processes are held in memory, and shown as pages of the API definition. */
export const MOST_PROCESSES = 500;

/** One entry of the configuration's `resources`, and the processes that it stands for. */
export class ProcessEntry {
  readonly id: string;

  private constructor(
    private readonly entry: ConfiguredEntry,
    private readonly context: BuildContext,
  ) {
    this.id = entry.resource.id;
  }

  /** Validates the definition. */
  static read(
    processor: AnyProcessor,
    resource: ProcessResource,
    file: string,
    context: BuildContext,
  ): { entry?: ProcessEntry; faults: readonly ConfigurationFault[]; warnings: readonly ConfigurationFault[] } {
    const { entry, faults, warnings } = readEntry(processor, resource, file, context);
    return { faults, warnings, ...(entry ? { entry: new ProcessEntry(entry, context) } : {}) };
  }

  /** Whether its processor may ask for an inspection. */
  get isInspected(): boolean {
    return this.entry.processor.inspect !== undefined;
  }

  /**
   * The processes, as far as is known.
   * @param compiler keeps whatever it has compiled: with one of its own what is expanded can go as a whole
   */
  expand(finding: Finding, compiler = this.context.compiler): ExpandedEntry {
    const { processor, resource } = this.entry;
    const processes: RegisteredProcess[] = [];
    const faults: ConfigurationFault[] = [];
    const warnings: ConfigurationFault[] = [];
    const problems: string[] = [];
    let expanded: readonly ExpandedProcess<CommonDefinition>[];
    try {
      expanded = processor.expand
        ? checkedExpansion(processor.expand(this.entry.process, finding))
        : [this.entry.process];
    } catch (error) {
      const reason = error instanceof ProcessorFault ? error.message : `failed to expand: ${stackOf(error)}`;
      const message = `names the processor "${resource.processor.name}", which ${reason}`;
      return { processes, faults: [{ path: resource.path, message }], warnings, problems };
    }
    for (const { problem, ...process } of expanded) {
      const built = describeProcess(this.entry, process, { ...this.context, compiler });
      faults.push(...built.faults);
      warnings.push(...built.warnings);
      if (built.process) processes.push(built.process);
      if (problem !== undefined) problems.push(problem);
    }
    return { processes, faults, warnings, problems };
  }

  /**
   * What is to be run so that more is known; undefined: nothing.
   * @throws MisconfiguredError where the processor fails
   */
  async inspection(): Promise<RequestedInspection | undefined> {
    const { processor, process, calls, pods } = this.entry;
    // It looks, and computes nothing: it is not to wait for a device.
    const layers = { own: { ...pods.own, extendedResources: {} }, defaults: pods.defaults };
    return calls.call('say what has to be inspected', async () => {
      const inspection = await processor.inspect?.(process);
      if (inspection === undefined) return undefined;
      const { podSpec, deadlineSeconds = DEFAULT_DEADLINE_SECONDS, refreshSeconds } = checkedInspection(inspection);
      return {
        podSpec: withPodSettings(
          checkedPodSpec(podSpec as V1PodSpec, processor.mainContainerName),
          layers,
          processor.mainContainerName,
        ),
        deadlineSeconds,
        ...(refreshSeconds === undefined ? {} : { refreshSeconds }),
        mainContainerName: processor.mainContainerName,
        podSecurityContext: process.definition.pod_security_context,
        containerSecurityContext: process.definition.container_security_context,
      };
    });
  }
}

function checkedInspection(inspection: unknown): Partial<Inspection> {
  const isSeconds = (value: unknown) => value === undefined || (Number.isInteger(value) && (value as number) > 0);
  if (isMapping(inspection) && isSeconds(inspection['deadlineSeconds']) && isSeconds(inspection['refreshSeconds']))
    return inspection;
  throw new ProcessorFault('must return {podSpec} from inspect, with whole seconds as deadlineSeconds, refreshSeconds');
}

function checkedExpansion(expanded: unknown): readonly ExpandedProcess<CommonDefinition>[] {
  const isProcess = (process: unknown): process is ExpandedProcess<CommonDefinition> =>
    isMapping(process) &&
    typeof process['id'] === 'string' &&
    /^[^\s/?#%]+$/.test(process['id']) &&
    isMapping(process['definition']) &&
    ['undefined', 'string'].includes(typeof process['problem']);
  if (!Array.isArray(expanded) || !expanded.every(isProcess))
    throw new ProcessorFault(
      'must return a list of {id, definition} from expand, with ids that can stand in an address',
    );
  if (expanded.length > MOST_PROCESSES)
    throw new ProcessorFault(
      `must return at most ${MOST_PROCESSES} processes from expand (returned ${expanded.length})`,
    );
  return expanded;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
