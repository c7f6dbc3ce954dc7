import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js';

/**
 * What of a value does not fit a schema that this server's sources hold; empty: it fits. It is compiled when the first value comes, so that a
 * start takes no time for what it does not check, and is not compared with the schema of schemas, whose own compiling takes longest of all.
 * @param schema draft 2020-12
 */
export function ownSchema(schema: object, options: Options = {}): (value: unknown) => readonly ErrorObject[] {
  let compiled: ValidateFunction | undefined;
  return (value) => {
    compiled ??= new Ajv2020({ ...options, meta: false, validateSchema: false }).compile(schema);
    return compiled(value) ? [] : (compiled.errors ?? []);
  };
}
