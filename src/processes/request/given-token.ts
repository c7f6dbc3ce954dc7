import { isMapping } from '../../config/validation.js';

/** What would be the token, where the process took it as an input. */
export function givenToken(body: unknown): string | undefined {
  const inputs = isMapping(body) && Object.hasOwn(body, 'inputs') ? body['inputs'] : undefined;
  if (!isMapping(inputs) || !Object.hasOwn(inputs, 'token')) return undefined;
  return typeof inputs['token'] === 'string' ? inputs['token'] : undefined;
}
