import type * as csv from 'csv-parse/sync';
import { createRequire } from 'node:module';
import { useTexts } from '../texts/texts.js';

// Only pages of tables need it.
const require = createRequire(import.meta.url);

/** Of a table that stands on a page. */
const MOST_ROWS = 500;
const MOST_COLUMNS = 60;

const DELIMITERS = [',', ';', '\t', '|'];

export interface Rows {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Whether there are more of them. */
  readonly isCut: boolean;
}

/**
 * The beginning of a table (RFC 4180); undefined where the text is none.
 * @param isCut whether the text is only the beginning: its last row may be half a one
 */
export function readDelimited(text: string, mediaType: string, isCut: boolean): Rows | undefined {
  const [first = ''] = text.split('\n', 1);
  const delimiter = /tab-separated/i.test(mediaType) ? '\t' : mostFrequent(first);
  const whole = isCut ? text.slice(0, text.lastIndexOf('\n') + 1) : text;
  try {
    const { parse } = require('csv-parse/sync') as typeof csv;
    const records: string[][] = parse(whole, {
      delimiter,
      bom: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      to: MOST_ROWS + 2,
    });
    const [heads, ...rows] = records.map((record) => record.slice(0, MOST_COLUMNS));
    if (heads === undefined || rows.length === 0) return undefined;
    return { heads, rows: rows.slice(0, MOST_ROWS), isCut: isCut || rows.length > MOST_ROWS };
  } catch {
    // A quotation that is not closed where the beginning ends, or no table at all.
    return undefined;
  }
}

function mostFrequent(line: string): string {
  const counted = DELIMITERS.map((delimiter) => [delimiter, line.split(delimiter).length] as const);
  return counted.reduce((best, other) => (other[1] > best[1] ? other : best))[0];
}

/** A table whose columns can be sorted where scripts run (`browser/tables.ts`). */
export function SortableTable({
  name,
  heads,
  rows,
}: {
  name: string;
  heads: readonly string[];
  rows: readonly (readonly string[])[];
}) {
  const t = useTexts();
  return (
    <div class="scroll data" tabIndex={0} role="region" aria-label={name}>
      <table data-sortable={t('results.sort')}>
        <thead>
          <tr>
            {heads.map((head) => (
              <th scope="col">{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {row.map((cell) => (
                <td>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
