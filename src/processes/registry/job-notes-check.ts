import { isMapping } from '../../config/validation.js';
import { ProcessorFault } from './processor-calls.js';
import type { JobNotes } from '../processor.js';

const MAX_BYTES = 16 * 1024;
/** What the server, or who collects the results, writes itself. */
const RESERVED = ['identifier', 'process_id', 'started', 'updated', 'mimetype', 'job-name', 'parameters'];
const LABEL_VALUE = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/**
 * What a processor returned, as notes on a job: a copy that cannot be changed afterwards.
 * @throws ProcessorFault
 */
export function checkedNotes(returned: unknown): JobNotes {
  if (returned === undefined || returned === null) return {};
  const { messages = {}, labels = {} } = isMapping(returned) ? returned : { messages: returned };
  if (!isTexts(messages) || !isTexts(labels))
    throw new ProcessorFault('must return notes {messages, labels}, mappings of texts');
  const wrong = Object.keys(messages).find(
    (key) => !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(key) || isReserved(key),
  );
  if (wrong !== undefined) throw new ProcessorFault(`must not return a message under the key ${JSON.stringify(wrong)}`);
  if (Buffer.byteLength(JSON.stringify(messages)) > MAX_BYTES)
    throw new ProcessorFault(`must return messages of at most ${MAX_BYTES} bytes together`);
  const label = Object.entries(labels).find(([key, value]) => !LABEL_KEY.test(key) || !LABEL_VALUE.test(value));
  if (label)
    throw new ProcessorFault(`must not return the label ${JSON.stringify(label[0])}: Kubernetes would refuse it`);
  return { messages: { ...messages }, labels: { ...labels } };
}

function isReserved(key: string): boolean {
  return RESERVED.includes(key) || key.startsWith('result-mimetype') || key.startsWith('result-value');
}

function isTexts(value: unknown): value is Record<string, string> {
  return isMapping(value) && Object.values(value).every((entry) => typeof entry === 'string');
}
