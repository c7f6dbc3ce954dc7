import { utcFormat } from 'd3-time-format';

/** What one line of the log is made of; the attributes of Python's `LogRecord` that a server in another language knows. */
export interface LogRecord {
  readonly time: Date;
  /** Python's name of the level: `WARNING`. */
  readonly level: string;
  /** Python's number of the level. */
  readonly levelNumber: number;
  /** What logs: a class or a subject of this server. */
  readonly name: string;
  readonly message: string;
  readonly processId: number;
  /** Milliseconds since the server started. */
  readonly sinceStart: number;
}

type Value = string | number;

/** `%(name)-10s`: name, flags, width, precision, type; or `%%`. */
const directive = /%(?:\((\w+)\)([-0 #+]*)(\d*)(?:\.(\d+))?([a-zA-Z])|%)/g;

/**
 * Python's %-style formatting of log records
 * ({@link https://docs.python.org/3/library/logging.html#logrecord-attributes LogRecord attributes}). Attributes that only exist in Python
 * (`filename`, `lineno`, `funcName`, `threadName`...) are empty, whatever their type says.
 * @param dateFormat of `asctime`; see {@link compileDateFormat}
 */
export function compileLogFormat(format: string, dateFormat?: string): (record: LogRecord) => string {
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
        name === undefined ? '%' : pad(convert(attribute(name, record, formatDate), type, precision), flags, width),
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

function attribute(name: string, record: LogRecord, formatDate: (time: Date) => string): Value {
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
      return record.level;
    case 'levelno':
      return record.levelNumber;
    case 'name':
      return record.name;
    case 'message':
      return record.message;
    case 'process':
      return record.processId;
    default:
      return '';
  }
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
