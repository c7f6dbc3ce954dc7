import { isMapping } from '../../config/validation.js';
import { parseJson } from '../../json/parse-json.js';
import { plainText } from './ansi.js';
import { describeFigure, PLOTLY, type FigureWords } from './plotly-figure.js';
import { sanitisedHtml, sanitisedMarkdown } from './sanitised.js';

/** What a page shows of an executed notebook (https://nbformat.readthedocs.io/en/latest/format_description.html). HTML in it is sanitised. */
export interface NotebookView {
  readonly cells: readonly CellView[];
  /** What is not shown, for people. */
  readonly notes: readonly string[];
}

export type CellView =
  | { readonly kind: 'markdown'; readonly html: string }
  | { readonly kind: 'raw'; readonly text: string }
  | {
      readonly kind: 'code';
      readonly number: string;
      readonly isParameters: boolean;
      readonly source: string;
      readonly outputs: readonly OutputView[];
    };

export type OutputView =
  | { readonly kind: 'text' | 'error'; readonly text: string }
  | { readonly kind: 'html'; readonly html: string }
  | { readonly kind: 'image'; readonly source: string; readonly description: string }
  | (FigureWords & { readonly kind: 'figure'; /** Of its JSON; absent: too large. */ readonly source?: string })
  | { readonly kind: 'note'; readonly text: string };

const MOST_CELLS = 300;
const MOST_OUTPUTS = 50;
/** Characters of one text, of one piece of HTML, of one picture's base64, and of all that is shown. */
const LONGEST_TEXT = 20_000;
const LONGEST_HTML = 200_000;
const LONGEST_IMAGE = 3_000_000;
const LONGEST_ALL = 8_000_000;

/** @returns undefined where the text is no notebook of version 4 */
export function viewNotebook(text: string): NotebookView | undefined {
  let notebook: unknown;
  try {
    notebook = parseJson(text, { duplicateKeys: 'last' });
  } catch {
    return undefined;
  }
  if (!isMapping(notebook) || !Array.isArray(notebook['cells'])) return undefined;
  const budget = new Budget();
  const all = notebook['cells'].filter(isMapping);
  const cells = all.slice(0, MOST_CELLS).flatMap((cell) => viewCell(cell, budget) ?? []);
  const notes = [
    ...(all.length > MOST_CELLS ? [`Only the first ${MOST_CELLS} of ${all.length} cells are shown.`] : []),
    ...(budget.isUsedUp ? ['The notebook is too large to be shown whole: some texts and pictures are left out.'] : []),
  ];
  return { cells, notes };
}

/** How much may still be shown. */
class Budget {
  isUsedUp = false;
  private left = LONGEST_ALL;

  takes(length: number): boolean {
    const fits = length <= this.left;
    if (fits) this.left -= length;
    else this.isUsedUp = true;
    return fits;
  }
}

type Members = Readonly<Record<string, unknown>>;

function viewCell(cell: Members, budget: Budget): CellView | undefined {
  const source = textOf(cell['source']);
  switch (cell['cell_type']) {
    case 'markdown':
      return {
        kind: 'markdown',
        html: budget.takes(source.length) ? sanitisedMarkdown(cut(source, LONGEST_HTML)) : '',
      };
    case 'raw':
      return { kind: 'raw', text: cutText(source, budget) };
    case 'code': {
      const outputs = Array.isArray(cell['outputs']) ? cell['outputs'].filter(isMapping) : [];
      const shown = joined(outputs).slice(0, MOST_OUTPUTS);
      const left = outputs.length - MOST_OUTPUTS;
      const count = cell['execution_count'];
      return {
        kind: 'code',
        number: typeof count === 'number' ? String(count) : '',
        isParameters: tagsOf(cell).includes('injected-parameters'),
        source: cutText(source, budget),
        outputs: [
          ...shown.flatMap((output) => viewOutput(output, budget)),
          ...(left > 0 ? [{ kind: 'note', text: `${left} more outputs are not shown.` } as const] : []),
        ],
      };
    }
    default:
      return undefined;
  }
}

/** Output streams come in pieces, of which a progress bar may write thousands. */
function joined(outputs: readonly Members[]): Members[] {
  const result: Members[] = [];
  for (const output of outputs) {
    const last = result.at(-1);
    const isSame =
      output['output_type'] === 'stream' && last?.['output_type'] === 'stream' && last['name'] === output['name'];
    if (isSame) result[result.length - 1] = { ...last, text: textOf(last['text']) + textOf(output['text']) };
    else result.push(output);
  }
  return result;
}

function viewOutput(output: Members, budget: Budget): OutputView[] {
  switch (output['output_type']) {
    case 'stream':
      return [{ kind: 'text', text: cutText(plainText(textOf(output['text'])), budget) }];
    case 'error': {
      const lines = Array.isArray(output['traceback'])
        ? output['traceback'].filter((line) => typeof line === 'string')
        : [];
      const summary = `${textOf(output['ename'])}: ${textOf(output['evalue'])}`;
      return [{ kind: 'error', text: cutText(plainText(lines.length > 0 ? lines.join('\n') : summary), budget) }];
    }
    case 'display_data':
    case 'execute_result':
      return isMapping(output['data']) ? viewBundle(output['data'], budget) : [];
    default:
      return [];
  }
}

/** The richest form that a page can show; what only a program can show (scraps, widgets) is not shown. */
function viewBundle(data: Members, budget: Budget): OutputView[] {
  const plain = textOf(data['text/plain']);
  // What IPython writes where only the other forms say anything.
  const alternative = /^<IPython\.core\.display\.\w+ object>$/.test(plain) ? '' : plain;
  for (const type of ['image/png', 'image/jpeg', 'image/gif', 'image/webp']) {
    const base64 = textOf(data[type]).replaceAll(/\s/g, '');
    if (base64 === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) continue;
    if (base64.length > LONGEST_IMAGE || !budget.takes(base64.length))
      return [
        {
          kind: 'note',
          text: `A picture (${type}, ${base64.length} characters of base64) is too large to be shown here.`,
        },
      ];
    return [
      { kind: 'image', source: `data:${type};base64,${base64}`, description: cut(alternative, 200) || 'A picture' },
    ];
  }
  // Before its HTML, which is nothing without its scripts.
  const figure = describeFigure(data[PLOTLY]);
  if (figure) return [{ kind: 'figure', ...figure, ...sourceOf(data[PLOTLY], budget) }];
  const html = textOf(data['text/html']);
  if (html !== '') {
    if (html.length > LONGEST_HTML || !budget.takes(html.length))
      return [
        { kind: 'note', text: `A table or other HTML (${html.length} characters) is too large to be shown here.` },
      ];
    const sanitised = sanitisedHtml(html);
    if (/\S/.test(sanitised)) return [{ kind: 'html', html: sanitised }];
  }
  const markdown = textOf(data['text/markdown']);
  if (markdown !== '' && budget.takes(markdown.length))
    return [{ kind: 'html', html: sanitisedMarkdown(cut(markdown, LONGEST_HTML)) }];
  if (alternative !== '') return [{ kind: 'text', text: cutText(plainText(alternative), budget) }];
  const formula = textOf(data['text/latex']);
  if (formula !== '') return [{ kind: 'text', text: cutText(formula, budget) }];
  const json = data['application/json'];
  if (json !== undefined) return [{ kind: 'text', text: cutText(JSON.stringify(json, undefined, 2), budget) }];
  const others = Object.keys(data).filter(
    (type) => type !== 'text/plain' && !type.startsWith('application/scrapbook.'),
  );
  return others.length > 0
    ? [{ kind: 'note', text: `An output of type ${cut(others.join(', '), 200)} cannot be shown here.` }]
    : [];
}

function sourceOf(figure: unknown, budget: Budget): { source?: string } {
  const base64 = Buffer.from(JSON.stringify(figure)).toString('base64');
  const fits = base64.length <= LONGEST_IMAGE && budget.takes(base64.length);
  return fits ? { source: `data:application/json;base64,${base64}` } : {};
}

/** Notebooks keep texts as lists of lines, too. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.filter((line) => typeof line === 'string').join('') : '';
}

function tagsOf({ metadata }: Members): readonly unknown[] {
  const tags = isMapping(metadata) ? metadata['tags'] : undefined;
  return Array.isArray(tags) ? tags : [];
}

function cutText(text: string, budget: Budget): string {
  if (!budget.takes(Math.min(text.length, LONGEST_TEXT))) return '…';
  const left = text.length - LONGEST_TEXT;
  return left > 0 ? `${text.slice(0, LONGEST_TEXT)}\n… (${left} more characters are not shown)` : text;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
