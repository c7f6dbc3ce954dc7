/** Names that the pods of many jobs share, each once in memory. */
const shared = new Map<string, string>();
const MOST_SHARED = 1000;

/** The same text as before, where it was asked for before. */
export function sharedText(text: string): string {
  const known = shared.get(text);
  if (known !== undefined) return known;
  if (shared.size >= MOST_SHARED) shared.clear();
  shared.set(text, text);
  return text;
}
