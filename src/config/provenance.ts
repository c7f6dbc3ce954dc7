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

/** What YAML made something else of than a text: as it stands in the file (`1.0`, which is 1), or as the environment has it. */
export interface WrittenText {
  readonly text: string;
  /** Whether it came by a reference, `${NAME}` or `${NAME:-default}`. */
  readonly isReferenced: boolean;
}

const texts = new WeakMap<object, Map<string, WrittenText>>();

export function noteText(container: object, key: string, written: WrittenText): void {
  const noted = texts.get(container) ?? new Map<string, WrittenText>();
  texts.set(container, noted.set(key, written));
}

/**
 * The text of which YAML made a number, a boolean, or, by a reference, nothing; undefined where the value is none of these. Knows the file
 * reader's own objects only, as above.
 */
export function writtenTextOf(container: object, key: string): WrittenText | undefined {
  return texts.get(container)?.get(key);
}
