import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigurationError } from '../config/configuration-error.js';

/** Where the lines of the log go. */
export interface LogDestination {
  /** Takes one line, with its line end. Never throws: a server does not stop because its log cannot be written. */
  write(line: string): void;
  /** The stream where it is one, to find out about colours; undefined: a file. */
  readonly stream?: NodeJS.WriteStream;
  close(): void;
}

/** What a log file is, for messages. */
export interface FileLog {
  /** Of the configuration, where it is named. */
  readonly key: string;
  /** Told once, until it can be written again, that it cannot be: a sentence. */
  readonly tell: (message: string) => void;
}

const ofServer: FileLog = {
  key: 'logging.logfile',
  tell: (message) => void process.stderr.write(`The log file ${message}\n`),
};

const streams: Readonly<Record<string, () => NodeJS.WriteStream>> = {
  stdout: () => process.stdout,
  '/dev/stdout': () => process.stdout,
  stderr: () => process.stderr,
  '/dev/stderr': () => process.stderr,
};

/**
 * Opens `logging.logfile`: the standard output where it is not set or says so (`stdout`, `/dev/stdout`), else a file, to which lines are
 * appended, so that rotation by `copytruncate` works.
 * @param workingDirectory a relative path stands in it
 * @param configurationFile for the error
 * @param of the log, where it is another than the server's
 * @throws ConfigurationError where the file cannot be opened
 */
export function openLogDestination(
  logfile: string | undefined,
  workingDirectory: string,
  configurationFile: string,
  { key, tell }: FileLog = ofServer,
): LogDestination {
  const stream = streams[logfile ?? 'stdout']?.();
  if (stream) return { stream, write: (line) => void stream.write(line), close: () => undefined };
  const path = resolve(workingDirectory, logfile ?? '');
  let descriptor: number;
  try {
    descriptor = openSync(path, 'a');
  } catch (error) {
    const message = `must be a file that can be opened for appending, or stdout (${path}: ${reasonOf(error)})`;
    throw new ConfigurationError(configurationFile, [{ path: key, message }]);
  }
  return fileDestination(path, descriptor, tell);
}

function fileDestination(path: string, descriptor: number, tell: FileLog['tell']): LogDestination {
  let isFailing = false;
  /** Whether a line was cut: the next one is not to stand behind it. */
  let isWithinLine = false;
  return {
    write: (line) => {
      let rest = Buffer.from(isWithinLine ? `\n${line}` : line);
      try {
        while (rest.length > 0) {
          rest = rest.subarray(writeSync(descriptor, rest));
          isWithinLine = rest.length > 0;
        }
        isFailing = false;
      } catch (error) {
        if (!isFailing) tell(`${path} cannot be written: ${reasonOf(error)}; its lines go to the standard error.`);
        isFailing = true;
        process.stderr.write(line);
      }
    },
    close: () => closeSync(descriptor),
  };
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  ENOSPC: 'no space is left',
};

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? message;
}
