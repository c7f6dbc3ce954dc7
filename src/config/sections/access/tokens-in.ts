/** The tokens that a variable or a file holds: blanks and line ends stand between them. Several are good while one replaces another. */
export function tokensIn(text: string): readonly string[] {
  return text.split(/\s+/).filter((token) => token !== '');
}
