import { InputLimitError } from '../../ogc/limit-errors.js';
import type { Identity } from '../../ogc/requests/identity.js';
import type { Rules } from '../rules/rules.js';
import { limitKey } from './limit-key.js';

/** How much somebody may send as inputs of one execution. */
export interface InputLimit {
  readonly bytes: number;
  /** @param used bytes that there are, or that were there when it was cut off */
  refusal(used: number): InputLimitError;
}

/** @returns undefined where there is none */
export function inputLimitOf(rules: Rules | undefined, identity: Identity | undefined): InputLimit | undefined {
  const bytes = rules?.limitsOf(identity).inputBytes;
  if (!rules || bytes === undefined) return undefined;
  const key = limitKey(rules, identity, 'inputBytes');
  return {
    bytes,
    refusal: (used) =>
      new InputLimitError(
        `You may send ${bytes} bytes as inputs of one execution (${key}), and these are ${used} or more; nothing was created.`,
        { name: 'input_bytes', key, limit: bytes, used },
      ),
  };
}
