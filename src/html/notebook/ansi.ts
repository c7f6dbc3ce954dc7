const ESCAPE = '\u001b';
/** Sequences that colour text, move the cursor or name the window (ECMA-48; OSC ends with BEL or ST), and other control characters that no text needs. */
const SEQUENCES = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\u0007${ESCAPE}]*(?:\\u0007|${ESCAPE}\\\\)?|[@-Z\\\\^_]|[ -/]+[0-~])|[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]`,
  'g',
);

/** Text as a terminal would leave it: without colours, and each line as it was written last over a carriage return (progress bars). */
export function plainText(text: string): string {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  return lines
    .map((line) => line.replace(/\r+$/, '').split('\r').at(-1) ?? '')
    .join('\n')
    .replaceAll(SEQUENCES, '');
}
