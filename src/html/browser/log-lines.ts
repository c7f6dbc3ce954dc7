/** So many lines are kept, and so many characters of each. */
export const MOST_LINES = 200;
const LONGEST_LINE = 2000;

/** Colours and the like: https://www.ecma-international.org/publications-and-standards/standards/ecma-48/ */
const CONTROL_SEQUENCE = /\x1b\[[0-?]*[ -/]*[@-~]/g;

/** The last lines of a log that comes in parts. */
export class LogLines {
  /** The last one may go on. */
  private readonly lines = [''];

  /** @param isWhole the text ends with its line */
  add(text: string, isWhole: boolean): void {
    const [first = '', ...more] = text.replace(CONTROL_SEQUENCE, '').split('\n');
    this.lines.push(cut((this.lines.pop() ?? '') + first), ...more.slice(-MOST_LINES).map(cut));
    if (isWhole) this.lines.push('');
    this.lines.splice(0, this.lines.length - MOST_LINES - 1);
  }

  clear(): void {
    this.lines.splice(0, this.lines.length, '');
  }

  get text(): string {
    return this.lines.join('\n');
  }
}

function cut(line: string): string {
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}
