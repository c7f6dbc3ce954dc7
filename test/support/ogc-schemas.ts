import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const ajv = new Ajv2020({ strict: false, allErrors: true });
(addFormats as unknown as typeof addFormats.default)(ajv);
const schemas = parse(readFileSync('test/fixtures/ogc-schemas/schemas.yaml', 'utf8')) as { $id: string };
ajv.addSchema(schemas);

export type OgcSchema =
  | 'landingPage'
  | 'confClasses'
  | 'processList'
  | 'process'
  | 'execute'
  | 'results'
  | 'statusInfo'
  | 'jobList'
  | 'exception'
  | 'bbox';

/** What of a value does not fit a schema of OGC API - Processes 1.0; empty: it fits. */
export function ogcFaults(name: OgcSchema, value: unknown): string[] {
  const validate = ajv.getSchema(`${schemas.$id}#/$defs/${name}`);
  if (!validate) throw new Error(`there is no schema ${name}`);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`);
}
