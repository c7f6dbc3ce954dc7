import type { InputDescription } from '../description/process-description.js';
import type { RegisteredProcess } from '../registry/registered-process.js';

type Members = Readonly<Record<string, unknown>>;

/**
 * An execute request that can be sent as it is: the description's own example where it fits the process, else one made of the required inputs'
 * schemas; undefined where neither fits. The API token never stands in it.
 */
export function exampleOf(process: RegisteredProcess): Members | undefined {
  const declared = process.description.example;
  const candidates: Members[] = [...(declared ? [withInputs(declared, process)] : []), { inputs: generated(process) }];
  return candidates.find((candidate) => process.validateInputs(candidate['inputs'] as Members).faults.length === 0);
}

function withInputs(example: Members, process: RegisteredProcess): Members {
  const inputs = (example['inputs'] ?? {}) as Members;
  const ordinary = Object.entries(inputs).filter(([id]) => id !== 'token' || !process.requiresToken);
  return { ...example, inputs: Object.fromEntries(ordinary) };
}

function generated({ description, requiresToken }: RegisteredProcess): Members {
  const needed = Object.entries(description.inputs).filter(
    ([id, { minOccurs = 1 }]) => minOccurs > 0 && !(requiresToken && id === 'token'),
  );
  return Object.fromEntries(needed.map(([id, input]) => [id, generatedInput(input)]));
}

function generatedInput({ schema, minOccurs = 1 }: InputDescription): unknown {
  const value = generatedValue(schema);
  return minOccurs > 1 ? Array.from({ length: minOccurs }, () => value) : value;
}

function generatedValue(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return 'text';
  const {
    default: byDefault,
    examples,
    example,
    const: constant,
    enum: values,
    oneOf,
    anyOf,
    type,
  } = schema as Members;
  const given = [byDefault, first(examples), example, constant, first(values)].find((value) => value !== undefined);
  if (given !== undefined) return given;
  const alternative = first(oneOf) ?? first(anyOf);
  if (alternative !== undefined) return generatedValue(alternative);
  return ofType(Array.isArray(type) ? first(type) : type, schema as Members);
}

function ofType(type: unknown, schema: Members): unknown {
  switch (type) {
    case 'number':
    case 'integer':
      return schema['minimum'] ?? 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: Number(schema['minItems'] ?? 0) }, () => generatedValue(schema['items']));
    case 'object': {
      const properties = (schema['properties'] ?? {}) as Members;
      const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
      return Object.fromEntries(required.map((name) => [name, generatedValue(properties[name])]));
    }
    default:
      return 'text';
  }
}

function first(values: unknown): unknown {
  return Array.isArray(values) ? (values[0] as unknown) : undefined;
}
