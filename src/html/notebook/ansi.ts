import { Look } from '../browser/ansi.js';

/** Text as a terminal would leave it: without colours, and each line as it was written last over a carriage return (progress bars). */
export function plainText(text: string): string {
  const look = new Look();
  return text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) =>
      look
        .segments(line)
        .map((segment) => segment.text)
        .join(''),
    )
    .join('\n');
}
