import { parseJson } from '../json/parse-json.js';
import { InvalidRequestError } from '../ogc/domain-errors.js';
import type { ProcessDto } from '../processes/description/process.dto.js';
import type { JsonSchema } from '../processes/schema/json-schema.js';
import { readText } from '../processes/request/kvp-values.js';
import type { FormPart, ReadingWays } from './browser/form/form-part.js';
import { readParts } from './browser/form/form-reading.js';
import type { FormShape } from './browser/form/form-shape.js';
import { inputShapes } from './forms/shape-of-schema.js';

export const TOKEN_FIELD = 'token';

/** Of the form that dismisses a job: what its button said, where it did not say that the job would be removed. */
export const DISMISSAL_FIELD = 'as';
export const DISMISS = 'dismiss';

/** The form of a process: a control, or several, for each input but the token. */
export function formOf({ inputs, outputs }: Pick<ProcessDto, 'inputs' | 'outputs'>): FormShape {
  return {
    inputs: inputShapes(inputs).filter(({ id }) => id !== TOKEN_FIELD),
    outputs: Object.keys(outputs),
  };
}

/** A text that stands for a whole box or object is read as in a query, numbers as they were written. */
export const ways: ReadingWays = {
  parseJson,
  readPlain: ({ schema }, text) => {
    const read = readText(schema as JsonSchema, text);
    return 'value' in read ? read.value : parseJson(text);
  },
};

/**
 * The execute request of a form that was sent: `inputs`, and `outputs`, `response`, `mode`, `subscriber`, `tags` where they are said.
 * @throws InvalidRequestError with each control that cannot be read
 */
export function readForm(form: FormShape, parts: readonly FormPart[]): Readonly<Record<string, unknown>> {
  const { request, faults } = readParts(form, parts, ways);
  if (faults.length > 0) throw new InvalidRequestError('The form cannot be read.', faults);
  return request;
}
