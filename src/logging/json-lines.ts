import { pino, type Logger } from 'pino';
import { levelNumber } from './log-levels.js';
import type { LogRecord } from './log-record.js';

/** More causes of causes than these tell nobody anything. */
const MOST_CAUSES = 5;

/** What an object that is logged must not show, as far down as such objects go. */
const SECRET_KEYS = [
  ...['authorization', 'Authorization', 'cookie', 'token', 'password', 'secret', 'capability', 'apiToken'],
  ...['secretAccessKey', 'accessKeyId', 'sessionToken'],
];
const redactedPaths = ['data', 'data.*', 'data.*.*'].flatMap((place) => SECRET_KEYS.map((key) => `${place}.${key}`));

const levels = {
  debug: levelNumber.DEBUG,
  info: levelNumber.INFO,
  warning: levelNumber.WARNING,
  error: levelNumber.ERROR,
  critical: levelNumber.CRITICAL,
};
type Level = keyof typeof levels;

/**
 * Writes records as JSON, one a line: `level`, `time` (RFC 3339, UTC), `logger`, the fields of what is under way (`requestId`, `jobId`...), `http`, `err` (`type`, `message`, `stack`, `cause`) and `msg`.
 * @param write takes a line with its line end
 */
export function jsonLines(write: (line: string) => void): (record: LogRecord) => void {
  let time = '';
  const log = pino<Level>(
    {
      customLevels: levels,
      useOnlyCustomLevels: true,
      level: 'debug',
      base: undefined,
      timestamp: () => `,"time":"${time}"`,
      formatters: { level: (level) => ({ level }) },
      // They are written as they are made here.
      serializers: { err: (error: unknown) => error },
      redact: { paths: redactedPaths, censor: '[redacted]' },
    },
    { write },
  ) as Logger<Level>;
  return (record) => {
    const { name, fields, trace, http, error, stack, data, message } = record;
    time = record.time.toISOString();
    const level = record.level.toLowerCase() as Level;
    log[level](
      { logger: name || undefined, ...fields, ...trace, http, err: error && toMembers(error), stack, data },
      message || undefined,
    );
  };
}

/** Only these members, for errors of libraries carry requests, answers and addresses. */
function toMembers(error: Error, depth = 0): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const { code, failure, status } = error as { code?: unknown; failure?: unknown; status?: unknown };
  const words = Object.entries({ code, failure, status }).filter(([, value]) => /^(string|number)$/.test(typeof value));
  return {
    type: error.constructor?.name || name,
    message,
    ...Object.fromEntries(words),
    stack,
    ...(error instanceof AggregateError ? { errors: error.errors.map((one) => membersOf(one, depth)) } : {}),
    ...(cause === undefined ? {} : { cause: membersOf(cause, depth) }),
  };
}

function membersOf(cause: unknown, depth: number): unknown {
  if (!(cause instanceof Error)) return String(cause);
  return depth < MOST_CAUSES ? toMembers(cause, depth + 1) : cause.message;
}
