import type { CommonDefinition, ConfiguredProcess } from '../processor.js';
import type { Undescribed } from '../request/input-validation.js';
import type { AnyProcessor, BuildContext } from './build-process.js';

/** What passes though it is not described; nothing where it is refused. */
export function undescribedInputs(
  processor: AnyProcessor,
  process: ConfiguredProcess<CommonDefinition>,
  { compiler, undeclaredInputs }: BuildContext,
): Undescribed {
  if ((process.definition.undeclared_inputs ?? undeclaredInputs) === 'refuse') return [];
  const inputs = processor.undescribedInputs?.(process);
  if (!inputs) return 'any';
  return Object.entries(inputs).map(([id, description]) => ({
    id,
    description,
    errorsOf: compiler.compile(description.schema).errorsOf,
  }));
}
