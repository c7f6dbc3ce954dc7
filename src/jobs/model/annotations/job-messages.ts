import { annotation, ANNOTATION_PREFIX } from '../../../k8s/names.js';

const PREDECESSORS: ReadonlySet<string> = new Set(
  Object.values(annotation).filter((name) => name !== annotation.progress && name !== annotation.message),
);

const NONE: Readonly<Record<string, string>> = Object.freeze({});

/** What the job itself said, by annotations that are not the servers': without their prefix. */
export function messagesOf(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const messages = Object.entries(annotations)
    .filter(([key]) => key.startsWith(ANNOTATION_PREFIX) && !PREDECESSORS.has(key))
    .map(([key, value]) => [key.slice(ANNOTATION_PREFIX.length), value] as const);
  return messages.length === 0 ? NONE : Object.fromEntries(messages);
}
