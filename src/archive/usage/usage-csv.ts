import type { UsageReportDto, UsageReportRowDto } from './usage.dto.js';

const SUMS = [
  'jobs',
  'hours',
  'processorHours',
  'memoryGiBHours',
  'usedProcessorHours',
  'usedMemoryGiBHours',
] as const satisfies readonly (keyof UsageReportRowDto)[];

/** The rows as CSV (RFC 4180), with a header. */
export function usageCsv({ by, rows }: Pick<UsageReportDto, 'by' | 'rows'>): string {
  const names = by === 'owner' ? (['key', 'name'] as const) : (['key'] as const);
  const heads = by === 'owner' ? ['owner', 'name'] : [by];
  const lines = rows.map((row) => [
    ...names.map((name) => field(row[name] ?? '')),
    ...SUMS.map((sum) => row[sum] ?? ''),
  ]);
  return [[...heads, ...SUMS], ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}

/** What spreadsheets would take for a formula has an apostrophe before it (https://owasp.org/www-community/attacks/CSV_Injection). */
function field(text: string): string {
  const safe = /^[=+\-@\t\r\n|%]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
