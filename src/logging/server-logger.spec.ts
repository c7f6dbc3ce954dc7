import { afterEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { LogFormat, LogLevel } from '../config/configuration.js';
import { withLogFields } from './log-fields.js';
import { redactor } from './redaction.js';
import { ServerLogger, type ServerLoggerOptions } from './server-logger.js';

function loggerOf(
  logging: ServerLoggerOptions['logging'],
  libraries: Record<string, LogLevel> = {},
  stream?: Partial<NodeJS.WriteStream>,
  options: Partial<ServerLoggerOptions> = {},
) {
  const lines: string[] = [];
  const destination = {
    write: (line: string) => void lines.push(line),
    close: () => undefined,
    ...(stream ? { stream: stream as NodeJS.WriteStream } : {}),
  };
  const now = () => new Date('2026-01-31T23:05:09.042Z');
  return { lines, logger: new ServerLogger({ logging, libraries, destination, now, ...options }) };
}

function logAll(logger: ServerLogger, name?: string): void {
  for (const write of ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'] as const)
    logger[write](write, ...(name === undefined ? [] : [name]));
}

const terminal = { isTTY: true, writable: true, getColorDepth: () => 1 };

describe('the log', () => {
  it('has the usual format as text', () => {
    const { logger, lines } = loggerOf({ level: 'INFO' }, {}, undefined, { format: 'text' });
    logger.warn('odd', 'FinalizerService');
    withLogFields({ requestId: 'r-1', jobId: 'j-1' }, () => logger.warn('odd', 'FinalizerService'));
    expect(lines).toEqual([
      '[2026-01-31T23:05:09Z] WARNING FinalizerService - odd\n',
      '[2026-01-31T23:05:09Z] WARNING FinalizerService [requestId r-1, jobId j-1] - odd\n',
    ]);
  });

  it.each<[string, ServerLoggerOptions['logging'], Partial<NodeJS.WriteStream>, LogFormat | undefined, LogFormat]>([
    ['JSON', { level: 'INFO' }, { isTTY: false }, undefined, 'json'],
    ['text on a terminal', { level: 'INFO' }, terminal, undefined, 'text'],
    ['text with a format of its own', { level: 'INFO', logformat: '%(message)s' }, {}, undefined, 'text'],
    ['text with a format of its own for dates', { level: 'INFO', dateformat: '%Y' }, {}, undefined, 'text'],
    ['what LOG_FORMAT asks for', { level: 'INFO', logformat: '%(message)s' }, terminal, 'json', 'json'],
    ['text where LOG_FORMAT asks for it', { level: 'INFO' }, { isTTY: false }, 'text', 'text'],
  ])('is %s', (_what, logging, look, format, expected) => {
    const stream = Object.assign(Object.create(process.stdout) as NodeJS.WriteStream, look);
    const { logger, lines } = loggerOf(logging, {}, stream, { format });
    logger.log('hello', 'Name');
    expect(lines[0]?.startsWith('{') ? 'json' : 'text').toBe(expected);
  });

  it('has the format of the configuration', () => {
    const { logger, lines } = loggerOf({
      level: 'INFO',
      logformat: '%(asctime)s %(levelname)s {%(filename)s:%(lineno)d} %(process)d %(message)s',
      dateformat: '%d.%m.%Y',
    });
    logger.log('text', 'Name');
    expect(lines).toEqual([`31.01.2026 INFO {:} ${process.pid} text\n`]);
  });

  it.each<[LogLevel, string[]]>([
    ['NOTSET', ['verbose', 'debug', 'log', 'warn', 'error', 'fatal']],
    ['DEBUG', ['verbose', 'debug', 'log', 'warn', 'error', 'fatal']],
    ['INFO', ['log', 'warn', 'error', 'fatal']],
    ['WARNING', ['warn', 'error', 'fatal']],
    ['ERROR', ['error', 'fatal']],
    ['CRITICAL', ['fatal']],
  ])('at %s holds %j', (level, expected) => {
    const { logger, lines } = loggerOf({ level, logformat: '%(message)s' });
    logAll(logger, 'Name');
    expect(lines).toEqual(expected.map((text) => `${text}\n`));
  });

  it('has more of one library and less of another', () => {
    const { logger, lines } = loggerOf(
      { level: 'WARNING', logformat: '%(name)s %(message)s' },
      { kubernetes: 'CRITICAL', pygeoapi_k8s_manager: 'INFO' },
    );
    logAll(logger, 'LeaderElection');
    logAll(logger, 'FinalizerService');
    expect(lines.map((line) => line.trim())).toEqual([
      'LeaderElection fatal',
      'FinalizerService log',
      'FinalizerService warn',
      'FinalizerService error',
      'FinalizerService fatal',
    ]);
  });

  it('shows an error with its stack, and objects as such', () => {
    const { logger, lines } = loggerOf({ level: 'INFO', logformat: '%(name)s|%(message)s' });
    logger.error(new Error('broken'), 'Name');
    logger.error('text', 'the stack', 'Name');
    logger.log({ a: 1 }, 'Name');
    expect(lines[0]).toMatch(/^Name\|Error: broken\n +at /);
    expect(lines.slice(1)).toEqual(['Name|text\nthe stack\n', 'Name|{ a: 1 }\n']);
  });

  it('shows what caused an error, and a message before it', () => {
    const { logger, lines } = loggerOf({ level: 'INFO', logformat: '%(message)s' });
    logger.error('It failed', new Error('outer', { cause: new Error('inner', { cause: 'a word' }) }), 'Name');
    expect(lines[0]).toMatch(
      /^It failed\nError: outer\n +at [^]*\nCaused by: Error: inner\n +at [^]*\nCaused by: a word\n$/,
    );
  });

  it('takes secrets out of every line, whatever its form', () => {
    for (const format of ['json', 'text'] as const) {
      const redact = redactor(['a "secret" token']);
      const { logger, lines } = loggerOf({ level: 'INFO' }, {}, undefined, { format, redact });
      logger.error('with a "secret" token', new Error('a "secret" token?'), 'Name');
      logger.log({ given: 'a "secret" token' }, 'Name');
      expect(lines.join('')).not.toContain('secret');
      expect(lines.join('').match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(3);
    }
  });

  it('says nothing of how Nest is wired', () => {
    const { logger, lines } = loggerOf({ level: 'DEBUG' });
    logger.log('AppModule dependencies initialized', 'InstanceLoader');
    logger.error('Error: no cluster', 'its stack', 'ExceptionHandler');
    expect(lines).toEqual([]);
  });

  it.each([
    [{ isTTY: false, writable: true }, /^WARNING\n$/],
    [{ isTTY: true, writable: true, getColorDepth: () => 8 }, new RegExp(`^${String.fromCharCode(27)}\\[33mWARNING`)],
  ])('has colours only on a terminal (%#)', (look, expected) => {
    const stream = Object.assign(Object.create(process.stdout) as NodeJS.WriteStream, look);
    const { logger, lines } = loggerOf({ level: 'INFO', logformat: '%(levelname)s' }, {}, stream);
    const { NO_COLOR, FORCE_COLOR, NODE_DISABLE_COLORS } = process.env;
    delete process.env['NO_COLOR'];
    delete process.env['FORCE_COLOR'];
    delete process.env['NODE_DISABLE_COLORS'];
    try {
      logger.warn('x', 'Name');
    } finally {
      for (const [name, value] of Object.entries({ NO_COLOR, FORCE_COLOR, NODE_DISABLE_COLORS }))
        if (value !== undefined) process.env[name] = value;
    }
    expect(lines[0]).toMatch(expected);
  });

  describe("as Nest's", () => {
    afterEach(() => Logger.overrideLogger(['error', 'warn']));

    it('gets what every class logs', () => {
      const { logger, lines } = loggerOf({ level: 'INFO', logformat: '%(levelname)s %(name)s %(message)s' });
      Logger.overrideLogger(logger);
      new Logger('Someone').log('hello');
      new Logger('Someone').debug('hidden');
      expect(lines).toEqual(['INFO Someone hello\n']);
    });
  });
});
