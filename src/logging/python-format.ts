import { utcFormat } from 'd3-time-format';
import { inspect } from 'node:util';
import type { LogFields } from './log-fields.js';
import type { LogRecord, RecordLevel } from './log-record.js';

type Value = string | number;

const MOST_CAUSES = 5;

/** `%(name)-10s`: name, flags, width, precision, type; or `%%`. */
const directive = /%(?:\((\w+)\)([-0 #+]*)(\d*)(?:\.(\d+))?([a-zA-Z])|%)/g;

/**
 * Python's %-style formatting of log records
 * ({@link https://docs.python.org/3/library/logging.html#logrecord-attributes LogRecord attributes}). Attributes that only exist in Python
 * (`filename`, `lineno`, `funcName`, `threadName`...) are empty, whatever their type says. Beside Python's there are this server's: `requestId`, `jobId`, `processId`, `resource`, and `about`, which holds
 * all of these that are known, in brackets after a blank.
 * @param dateFormat of `asctime`; see {@link compileDateFormat}
 * @param showLevel how the level is shown; default: as it is
 */
export function compileLogFormat(
  format: string,
  dateFormat?: string,
  showLevel: (level: RecordLevel) => string = String,
): (record: LogRecord) => string {
  const formatDate = compileDateFormat(dateFormat);
  return (record) =>
    format.replace(
      directive,
      (
        _whole,
        name: string | undefined,
        flags: string = '',
        width: string = '',
        precision: string | undefined,
        type: string,
      ) =>
        name === undefined
          ? '%'
          : pad(convert(attribute(name, record, formatDate, showLevel), type, precision), flags, width),
    );
}

/**
 * Python's `strftime` directives, in UTC: a literal `Z`, which predecessors' files end their format with, is true then.
 * @param format undefined: Python's default, `2026-01-31 23:59:59,123`
 */
export function compileDateFormat(format: string | undefined): (time: Date) => string {
  if (format === undefined) return utcFormat('%Y-%m-%d %H:%M:%S,%L');
  const utc = format.replaceAll(/%[%zZ]/g, (found) => (found === '%Z' ? 'UTC' : found === '%z' ? '+0000' : found));
  return utcFormat(utc);
}

function attribute(
  name: string,
  record: LogRecord,
  formatDate: (time: Date) => string,
  showLevel: (level: RecordLevel) => string,
): Value {
  switch (name) {
    case 'asctime':
      return formatDate(record.time);
    case 'created':
      return record.time.getTime() / 1000;
    case 'msecs':
      return record.time.getMilliseconds();
    case 'relativeCreated':
      return record.sinceStart;
    case 'levelname':
      return showLevel(record.level);
    case 'levelno':
      return record.levelNumber;
    case 'name':
      return record.name;
    case 'message':
      return textOf(record);
    case 'process':
      return record.processId;
    case 'about':
      return aboutOf(record.fields);
    default:
      return (record.fields as Readonly<Record<string, string>> | undefined)?.[name] ?? '';
  }
}

/** The message, and what belongs to it in lines of their own. */
function textOf({ message, error, stack, data }: LogRecord): string {
  const own = error && message === error.message ? '' : message;
  const objects = data === undefined ? '' : inspect(data);
  return [own, ...(error ? stacksOf(error) : []), stack, objects].filter(Boolean).join('\n');
}

/** Of the error, and of what caused it. */
function stacksOf(error: Error, depth = 0): string[] {
  const { cause } = error;
  const own = error.stack ?? String(error);
  if (cause === undefined || depth >= MOST_CAUSES) return [own];
  const [first = '', ...further] = cause instanceof Error ? stacksOf(cause, depth + 1) : [String(cause)];
  return [own, `Caused by: ${first}`, ...further];
}

function aboutOf(fields: LogFields = {}): string {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return known.length === 0 ? '' : ` [${known.map(([key, value]) => `${key} ${value}`).join(', ')}]`;
}

function convert(value: Value, type: string, precision: string | undefined): string {
  if (typeof value === 'string') return precision === undefined ? value : value.slice(0, Number(precision));
  if (type === 'd' || type === 'i' || type === 'u') return String(Math.trunc(value));
  if (type === 'f' || type === 'F') return value.toFixed(precision === undefined ? 6 : Number(precision));
  return String(value);
}

function pad(text: string, flags: string, width: string): string {
  const length = Number(width);
  if (flags.includes('-')) return text.padEnd(length);
  return text.padStart(length, flags.includes('0') && /^\d/.test(text) ? '0' : ' ');
}
