/**
 * Remembers which values of the configuration came from environment variables: they may be secrets, so messages do not show them.
 * Kept beside the values and not in them, so that everybody reads plain objects.
 */
const keysFromEnvironment = new WeakMap<object, Set<string>>();

export function markFromEnvironment(container: object, key: string): void {
  const keys = keysFromEnvironment.get(container) ?? new Set<string>();
  keysFromEnvironment.set(container, keys.add(key));
}

/** Whether the value under `key` came from the environment. Knows the very objects that the file reader made, not copies. */
export function isFromEnvironment(container: unknown, key: string): boolean {
  return typeof container === 'object' && container !== null && (keysFromEnvironment.get(container)?.has(key) ?? false);
}

/** Numbers and booleans as they stand in the file: `1.0`, which is 1. */
const texts = new WeakMap<object, Map<string, string>>();

export function noteText(container: object, key: string, text: string): void {
  const noted = texts.get(container) ?? new Map<string, string>();
  texts.set(container, noted.set(key, text));
}

/**
 * The text of which YAML made a number or a boolean; undefined where the value is none. Knows the file reader's own objects
 * only, as above.
 */
export function textOf(container: object, key: string): string | undefined {
  return texts.get(container)?.get(key);
}
