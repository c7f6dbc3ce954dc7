/** Rows of a sample that may have a word which is rare. */
const RARE = 1;

/**
 * The longest of those that the sample has least, if it is rare. Of two that are as long the sample says nothing: then the whole text is
 * looked for.
 * @param counts of the words in the sample
 */
export function rarest(words: readonly string[], counts: readonly number[]): string | undefined {
  const least = Math.min(...counts);
  if (words.length < 2 || least > RARE) return undefined;
  const [longest, next] = words.filter((_, at) => counts[at] === least).sort((one, other) => other.length - one.length);
  return next?.length === longest?.length ? undefined : longest;
}

/**
 * Parts of the text with one word each, and with what is on both sides of it: where words begin and end trigrams tell. Only those that have
 * a trigram: what is no ASCII may be part of a word, or not, as the database's locale has it.
 */
export function wordsOf(text: string): string[] {
  const side = (at: number) => (/^[ -~]$/.test(text.charAt(at)) ? text.charAt(at) : '');
  return [...text.matchAll(/[a-z0-9]{2,}/g)]
    .map(({ 0: word, index }) => `${side(index - 1)}${word}${side(index + word.length)}`)
    .filter((part) => part.length > 2);
}
