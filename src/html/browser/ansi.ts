/** A part of a line in one look; `classes` as the stylesheet has them. */
export interface Segment {
  readonly text: string;
  readonly classes: string;
}

const ESCAPE = '\u001b';
/** Colours and the like (SGR, ECMA-48, section 8.3.117); the parameters are a group. */
const LOOK = new RegExp(`${ESCAPE}\\[([0-9;:]*)m`, 'g');
/** All other sequences, and control characters that no text needs. */
const OTHERS = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\u0007${ESCAPE}]*(?:\\u0007|${ESCAPE}\\\\)?|[@-Z\\\\^_]|[ -/]+[0-~])|[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]`,
  'g',
);
const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/** The look that a terminal has; it goes on from line to line. */
export class Look {
  private colour = '';
  private background = '';
  private readonly styles = new Set<string>();

  /** The segments of a line, without its newline: as it was written last over a carriage return (progress bars). */
  segments(line: string): Segment[] {
    const last = line.replace(/\r+$/, '').split('\r').at(-1) ?? '';
    const segments: Segment[] = [];
    const add = (part: string): void => {
      const text = part.replaceAll(OTHERS, '');
      if (text !== '') segments.push({ text, classes: this.classes });
    };
    let at = 0;
    for (const { index, 0: sequence, 1: parameters = '' } of last.matchAll(LOOK)) {
      add(last.slice(at, index));
      this.take(parameters.split(/[;:]/).map(Number));
      at = index + sequence.length;
    }
    add(last.slice(at));
    return segments;
  }

  private get classes(): string {
    return [this.colour && `fg-${this.colour}`, this.background && `bg-${this.background}`, ...this.styles]
      .filter(Boolean)
      .join(' ');
  }

  private take(codes: readonly number[]): void {
    for (let at = 0; at < codes.length; at++) {
      const code = codes[at] ?? 0;
      if (code === 0) [this.colour, this.background] = (this.styles.clear(), ['', '']);
      else if (code === 1) this.styles.add('bold');
      else if (code === 3) this.styles.add('italic');
      else if (code === 4) this.styles.add('underlined');
      else if (code === 22) this.styles.delete('bold');
      else if (code === 23) this.styles.delete('italic');
      else if (code === 24) this.styles.delete('underlined');
      else if (code === 39) this.colour = '';
      else if (code === 49) this.background = '';
      // Of 256 colours, and of all: their parameters follow. They are left as they are.
      else if (code === 38 || code === 48) at += codes[at + 1] === 5 ? 2 : 4;
      else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) this.colour = COLOURS[code % 10] ?? '';
      else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) this.background = COLOURS[code % 10] ?? '';
    }
  }
}
