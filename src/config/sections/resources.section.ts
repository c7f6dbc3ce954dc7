import { Allow, IsOptional } from 'class-validator';
import type { ConfigurationFault } from '../configuration-error.js';
import type { ProcessorSection, ProcessResource } from '../configuration.js';
import { OneOf, TextLike } from '../constraints.js';
import { joinPath } from '../paths.js';
import { describeFound, isMapping, validateDefinition } from '../validation.js';

class ProcessorHead {
  @TextLike(/\S/, 'the name of a processor')
  name!: string;
}

/** One entry of `resources` with `type: process`. */
class ProcessDefinition {
  @OneOf(['process'])
  type!: string;

  /** Validated by the processor that its name selects. */
  @Allow()
  processor!: ProcessorSection;

  @IsOptional()
  visibility?: unknown;
}

export interface ReadResources {
  readonly processes: readonly ProcessResource[];
  readonly faults: readonly ConfigurationFault[];
  readonly unknownKeys: readonly string[];
  readonly warnings: readonly string[];
}

/** `resources` of the file: its processes; everything else is passed over with a warning. */
export function readResources(resources: unknown, file: string): ReadResources {
  const processes: ProcessResource[] = [];
  const faults: ConfigurationFault[] = [];
  const unknownKeys: string[] = [];
  const warnings: string[] = [];
  if (resources !== undefined && resources !== null && !isMapping(resources))
    faults.push({ path: 'resources', message: `must be a mapping of ids to resources (${describeFound(resources)})` });

  for (const [id, resource] of isMapping(resources) ? Object.entries(resources) : []) {
    const path = joinPath('resources', id);
    const type = isMapping(resource) ? resource['type'] : undefined;
    if (typeof type === 'string' && type !== 'process') {
      warnings.push(`${file}: ${path}: type "${type}" is passed over: only processes are served`);
      continue;
    }
    const checked = validateDefinition(ProcessDefinition, resource, file, path);
    unknownKeys.push(...checked.unknownKeys);
    faults.push(...checked.faults);
    if (!/^[^\s/?#%]+$/.test(id))
      faults.push({
        path,
        message: `must have an id that can stand in an address, without spaces and / ? # % (is ${JSON.stringify(id)})`,
      });
    if (!isMapping(resource)) continue;
    const processorPath = joinPath(path, 'processor');
    const { processor } = resource;
    faults.push(...validateDefinition(ProcessorHead, processor, file, processorPath).faults);
    // The very object of the file, not the validated copy: it is known which of its values came from the environment.
    processes.push({ id, path: processorPath, processor: processor as ProcessorSection });
  }
  return { processes, faults, unknownKeys, warnings };
}
