import type { LoggerService } from '@nestjs/common';
import { inspect, styleText } from 'node:util';
import type { LoggingSection, LogLevel } from '../config/configuration.js';
import type { LogDestination } from './log-destination.js';
import { leastLevel, levelNumber } from './log-levels.js';
import { compileLogFormat, type LogRecord } from './python-format.js';

/** Where `logging.logformat` and `logging.dateformat` are not set; the predecessor's, without the places in its Python files. */
export const defaultLogFormat = '[%(asctime)s] %(levelname)s %(name)s - %(message)s';
export const defaultDateFormat = '%Y-%m-%dT%H:%M:%SZ';

export interface ServerLoggerOptions {
  readonly logging: Pick<LoggingSection, 'level' | 'logformat' | 'dateformat'>;
  /** Levels by library, `server.manager.logging`. */
  readonly libraries: Readonly<Record<string, LogLevel>>;
  readonly destination: LogDestination;
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
type RecordLevel = keyof typeof colours;

/** Nest's logger with the predecessor's levels and formats. Every name's level is worked out once. */
export class ServerLogger implements LoggerService {
  private readonly format: (record: LogRecord) => string;
  private readonly leastLevels = new Map<string, number>();
  private readonly started = performance.now();

  constructor(private readonly options: ServerLoggerOptions) {
    const { logformat, dateformat } = options.logging;
    this.format = compileLogFormat(logformat ?? defaultLogFormat, dateformat ?? defaultDateFormat);
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

  /** @param rest as Nest gives them: further messages (of an error: its stack), and the logger's name last */
  private write(level: RecordLevel, message: unknown, rest: readonly unknown[]): void {
    const name = typeof rest.at(-1) === 'string' ? String(rest.at(-1)) : '';
    if (!this.isEnabled(name, level)) return;
    const further = rest.slice(0, name === '' ? undefined : -1).filter((part) => part !== undefined);
    const { destination, now = () => new Date() } = this.options;
    const line = this.format({
      time: now(),
      level: this.coloured(level),
      levelNumber: levelNumber[level],
      name,
      message: [message, ...further].map(asText).join('\n'),
      processId: process.pid,
      sinceStart: performance.now() - this.started,
    });
    destination.write(`${line}\n`);
  }

  /** Only on a terminal, and not where `NO_COLOR` is set. */
  private coloured(level: RecordLevel): string {
    const { stream } = this.options.destination;
    return stream ? styleText(colours[level], level, { stream }) : level;
  }
}

function asText(part: unknown): string {
  if (typeof part === 'string') return part;
  return part instanceof Error ? (part.stack ?? part.message) : inspect(part);
}
