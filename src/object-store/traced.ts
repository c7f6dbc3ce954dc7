import { inCallSpan } from '../tracing/tracing.js';
import type { ObjectStore } from './object-store.js';

const CALLS: ReadonlySet<string | symbol> = new Set<keyof ObjectStore>([
  'create',
  'replace',
  'head',
  'read',
  'remove',
  'address',
]);
const UPLOAD_CALLS: ReadonlySet<string | symbol> = new Set([
  'start',
  'destination',
  'write',
  'parts',
  'complete',
  'abort',
]);

/** The same store, whose calls have spans in the trace that they belong to. A reading's span ends when the bytes begin to come. */
export function traced<T extends ObjectStore>(store: T): T {
  const uploads = store.uploads && withSpans(store.uploads, UPLOAD_CALLS, 'object store uploads');
  return withSpans(store, CALLS, 'object store', uploads ? { uploads } : {});
}

function withSpans<T extends object>(
  target: T,
  calls: ReadonlySet<string | symbol>,
  subject: string,
  replaced: Readonly<Record<string | symbol, unknown>> = {},
): T {
  return new Proxy(target, {
    get: (_target, name) => {
      if (Object.hasOwn(replaced, name)) return replaced[name];
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const call = (...given: unknown[]): unknown => value.apply(target, given);
      if (!calls.has(name)) return call;
      return (...given: unknown[]) =>
        inCallSpan(`${subject} ${String(name)}`, keyOf(given[0]), async () => call(...given));
    },
  });
}

function keyOf(first: unknown): Record<string, string> {
  const key = typeof first === 'object' && first !== null && 'key' in first ? first.key : first;
  return typeof key === 'string' ? { 'object_store.key': key } : {};
}
