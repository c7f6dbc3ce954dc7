import type { LoggerService } from '@nestjs/common';
import { isSpanContextValid, trace, type SpanContext } from '@opentelemetry/api';
import { styleText } from 'node:util';
import type { LogFormat, LoggingSection, LogLevel } from '../config/configuration.js';
import { jsonLines } from './json-lines.js';
import type { LogDestination } from './log-destination.js';
import { logFields } from './log-fields.js';
import { leastLevel, levelNumber } from './log-levels.js';
import type { HttpFields, LogRecord, RecordLevel } from './log-record.js';
import { compileLogFormat } from './python-format.js';

/** Of lines for people where `logging.logformat` and `logging.dateformat` are not set; the predecessor's, without the places in its Python files. */
export const defaultLogFormat = '[%(asctime)s] %(levelname)s %(name)s%(about)s - %(message)s';
export const defaultDateFormat = '%Y-%m-%dT%H:%M:%SZ';

export interface ServerLoggerOptions {
  readonly logging: Pick<LoggingSection, 'level' | 'logformat' | 'dateformat'>;
  /** `LOG_FORMAT`; undefined: text where the file has a format of its own or the log goes to a terminal, else JSON. */
  readonly format?: LogFormat;
  /** Levels by library, `server.manager.logging`. */
  readonly libraries: Readonly<Record<string, LogLevel>>;
  readonly destination: LogDestination;
  /** Takes secrets out of a line; default: there are none. */
  readonly redact?: (line: string) => string;
  /** Default: the system's. */
  readonly now?: () => Date;
}

/** What Nest tells of its own wiring at each start. */
const silent: ReadonlySet<string> = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
]);

/** Nest logs with a stack what it then rejects with; whoever starts the server says it. */
const REJECTION = 'ExceptionHandler';

const colours = { CRITICAL: 'red', ERROR: 'red', WARNING: 'yellow', INFO: 'green', DEBUG: 'gray' } as const;

/** Nest's logger with the predecessor's levels; its lines are JSON, or text in the predecessor's formats. Every name's level is worked out once. */
export class ServerLogger implements LoggerService {
  private readonly writeRecord: (record: LogRecord) => void;
  private readonly leastLevels = new Map<string, number>();
  private readonly started = performance.now();

  constructor(private readonly options: ServerLoggerOptions) {
    const { destination, redact = String } = options;
    const write = (line: string) => destination.write(redact(line));
    this.writeRecord = formatOf(options) === 'json' ? jsonLines(write) : textLines(options, write);
  }

  /** Whether the logger of this name writes lines of this level. */
  isEnabled(name: string, level: LogLevel): boolean {
    let least = this.leastLevels.get(name);
    if (least === undefined) {
      least = leastLevel(name, this.options.logging.level, this.options.libraries);
      this.leastLevels.set(name, least);
    }
    return levelNumber[level] >= least;
  }

  log(message: unknown, ...rest: unknown[]): void {
    if (!silent.has(String(rest.at(-1)))) this.write('INFO', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) !== REJECTION) this.write('ERROR', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('WARNING', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('DEBUG', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('DEBUG', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('CRITICAL', message, rest);
  }

  /** A request that was answered, at DEBUG. */
  request(name: string, http: HttpFields): void {
    if (!this.isEnabled(name, 'DEBUG')) return;
    const { method, path, status, milliseconds } = http;
    this.writeRecord({ ...this.recordOf('DEBUG', name, `${method} ${path} ${status} ${milliseconds} ms`), http });
  }

  /** @param rest as Nest gives them: further messages (of an error: it, or its stack), and the logger's name last */
  private write(level: RecordLevel, message: unknown, rest: readonly unknown[]): void {
    const name = typeof rest.at(-1) === 'string' ? String(rest.at(-1)) : '';
    if (!this.isEnabled(name, level)) return;
    const parts = [message, ...rest.slice(0, name === '' ? undefined : -1)].filter((part) => part !== undefined);
    const error = parts.find((part) => part instanceof Error);
    const [text = error?.message ?? '', ...further] = parts.filter((part) => typeof part === 'string');
    const objects = parts.filter((part) => typeof part !== 'string' && part !== error);
    this.writeRecord({
      ...this.recordOf(level, name, text),
      ...(error ? { error } : {}),
      ...(further.length > 0 ? { stack: further.join('\n') } : {}),
      ...(objects.length > 0 ? { data: objects.length === 1 ? objects[0] : objects } : {}),
    });
  }

  private recordOf(level: RecordLevel, name: string, message: string): LogRecord {
    const { now = () => new Date() } = this.options;
    return {
      time: now(),
      level,
      levelNumber: levelNumber[level],
      name,
      message,
      fields: logFields(),
      ...traceOf(trace.getActiveSpan()?.spanContext()),
      processId: process.pid,
      sinceStart: performance.now() - this.started,
    };
  }
}

function traceOf(span: SpanContext | undefined): Pick<LogRecord, 'trace'> {
  return span && isSpanContextValid(span) ? { trace: { traceId: span.traceId, spanId: span.spanId } } : {};
}

function formatOf({ format, logging, destination }: ServerLoggerOptions): LogFormat {
  const asksForText = logging.logformat !== undefined || logging.dateformat !== undefined;
  return format ?? (asksForText || destination.stream?.isTTY ? 'text' : 'json');
}

function textLines(
  { logging, destination: { stream } }: ServerLoggerOptions,
  write: (line: string) => void,
): (record: LogRecord) => void {
  const { logformat = defaultLogFormat, dateformat = defaultDateFormat } = logging;
  // Only on a terminal, and not where `NO_COLOR` is set.
  const coloured = (level: RecordLevel) => (stream ? styleText(colours[level], level, { stream }) : level);
  const format = compileLogFormat(logformat, dateformat, coloured);
  return (record) => write(`${format(record)}\n`);
}
