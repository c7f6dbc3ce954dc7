import { afterEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LogLevel } from '../config/configuration.js';
import { requestLog } from './request-log.js';
import { ServerLogger, type ServerLoggerOptions } from './server-logger.js';

function loggerOf(
  logging: ServerLoggerOptions['logging'],
  libraries: Record<string, LogLevel> = {},
  stream?: Partial<NodeJS.WriteStream>,
) {
  const lines: string[] = [];
  const destination = {
    write: (line: string) => void lines.push(line),
    close: () => undefined,
    ...(stream ? { stream: stream as NodeJS.WriteStream } : {}),
  };
  const now = () => new Date('2026-01-31T23:05:09.042Z');
  return { lines, logger: new ServerLogger({ logging, libraries, destination, now }) };
}

function logAll(logger: ServerLogger, name?: string): void {
  for (const write of ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'] as const)
    logger[write](write, ...(name === undefined ? [] : [name]));
}

describe('the log', () => {
  it('has the usual format', () => {
    const { logger, lines } = loggerOf({ level: 'INFO' });
    logger.warn('odd', 'FinalizerService');
    expect(lines).toEqual(['[2026-01-31T23:05:09Z] WARNING FinalizerService - odd\n']);
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

describe('the log of requests', () => {
  const request = {
    method: 'GET',
    originalUrl: '/jobs/x\u009b?token=hidden',
    headers: { authorization: 'Bearer hidden' },
  } as FastifyRequest;
  const reply = { statusCode: 200, elapsedTime: 12.3 } as FastifyReply;

  it('is written at DEBUG, without query string and headers', async () => {
    const { logger, lines } = loggerOf({ level: 'DEBUG', logformat: '%(levelname)s %(name)s %(message)s' });
    await requestLog(logger)?.(request, reply);
    expect(lines).toEqual(['DEBUG HttpRequest GET /jobs/x%C2%9B 200 12 ms\n']);
  });

  it('is not there otherwise', () => {
    expect(requestLog(loggerOf({ level: 'INFO' }).logger)).toBeUndefined();
    expect(requestLog(loggerOf({ level: 'ERROR' }, { werkzeug: 'DEBUG' }).logger)).toBeDefined();
  });
});
