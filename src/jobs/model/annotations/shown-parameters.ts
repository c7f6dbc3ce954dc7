import { isMapping } from '../../../config/validation.js';
import { parseJson } from '../../../json/parse-json.js';
import { annotation, ownAnnotation } from '../../../k8s/names.js';
import { maskSecrets } from '../../../processes/schema/secrets.js';

/** Characters of inputs, as JSON, that statuses and lists show: every replica has those of each job in memory. */
export const MOST_SHOWN = 1024;

/**
 * The inputs of a Job for statuses and lists, as JSON, secrets `*`; of long ones the Job has a shorter text, in which values are
 * omitted. The predecessor did not mask what stands in the Job.
 * @returns undefined where the Job has neither
 */
export function shownParameters(annotations: Readonly<Record<string, string>>): string | undefined {
  const whole = annotations[annotation.parameters];
  const text = whole !== undefined && whole.length <= MOST_SHOWN ? whole : annotations[ownAnnotation.parameters];
  if (text === undefined || text.length > MOST_SHOWN) return undefined;
  return annotations[ownAnnotation.formatVersion] === undefined ? maskedText(text) : text;
}

function maskedText(text: string): string | undefined {
  try {
    const inputs = parseJson(text, { duplicateKeys: 'last' });
    return isMapping(inputs) ? JSON.stringify(maskSecrets(inputs)) : undefined;
  } catch {
    return undefined;
  }
}
