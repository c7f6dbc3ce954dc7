import { buildProcess, type AnyProcessor } from '../registry/build-process.js';
import type { ProcessorInterface } from '../processor.js';
import { describeFromMetadata } from '../description/process-metadata.js';
import type { RegisteredProcess } from '../registry/registered-process.js';

/** A processor without a definition class, for specs that look at descriptions and requests. */
export const plainProcessor: ProcessorInterface<{ metadata?: Record<string, unknown> }> = {
  mainContainerName: 'main',
  describe: (process) => describeFromMetadata(process),
  makePodSpec: (_, { jobId }) => ({ containers: [{ name: 'main', image: 'image', args: [jobId] }] }),
};

/** A process with this metadata; `definition` holds further keys. */
export function processWith(metadata: object, definition: object = {}, id = 'buffer'): RegisteredProcess {
  const processor = { name: 'plain', metadata, check_auth: false, undeclared_inputs: 'refuse', ...definition };
  const built = buildProcess(
    plainProcessor as AnyProcessor,
    { id, path: `resources.${id}.processor`, processor },
    'config.yaml',
  );
  if (!built.process) throw new Error(JSON.stringify(built.faults));
  return built.process;
}
