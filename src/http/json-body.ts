import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DuplicateKeyFault, JsonSyntaxFault, TooDeepFault } from '../json/json-faults.js';
import { parseJson } from '../json/parse-json.js';
import { InvalidRequestError, MalformedJsonError } from '../ogc/domain-errors.js';

/** Request bodies of JSON are read by {@link parseJson}, which keeps what was written. @param bodyLimit bytes */
export function readJsonBodies(app: NestFastifyApplication, bodyLimit: number): void {
  app.useBodyParser('application/json', { bodyLimit }, (_request, body, done) => {
    let parsed: unknown;
    try {
      parsed = parseJson(body as Buffer);
    } catch (error) {
      done(refusalOf(error) as Error);
      return;
    }
    done(null, parsed);
  });
}

function refusalOf(error: unknown): unknown {
  if (error instanceof JsonSyntaxFault)
    return new MalformedJsonError(`The body is no JSON. ${error.message}`, {
      ...error.position,
      expected: error.expected,
    });
  if (error instanceof DuplicateKeyFault) {
    const { line, column } = error.position;
    const message = `is given a second time (line ${line}, column ${column}): a key may stand in an object only once`;
    return new InvalidRequestError('The body has a key twice in one object.', [{ pointer: error.pointer, message }]);
  }
  if (error instanceof TooDeepFault)
    return new InvalidRequestError('The body is nested too deep.', [
      { pointer: '', message: `must not be nested deeper than ${error.maxDepth} levels` },
    ]);
  return error;
}
