import { Transform } from 'class-transformer';
import { Allow, IsOptional } from 'class-validator';
import type { LoggingSection, LogLevel } from '../configuration.js';
import { OneOf, Text, TextLike } from '../constraints.js';

/** Python's names, which pygeoapi's files use. */
export const logLevels = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL', 'NOTSET'] as const satisfies LogLevel[];

export const upperCase = (value: unknown): unknown => (typeof value === 'string' ? value.toUpperCase() : value);

/** `logging` of the file. */
export class LoggingDefinition {
  @IsOptional()
  @Transform(({ value }) => upperCase(value))
  @OneOf(logLevels)
  level?: LogLevel | null;

  @IsOptional()
  @Text()
  logfile?: string | null;

  @IsOptional()
  @TextLike(
    /%\(\w+\)[-0 #+]*\d*(?:\.\d+)?[a-zA-Z]/,
    "a format in Python's %-style with at least one attribute, such as [%(asctime)s] %(levelname)s - %(message)s",
  )
  logformat?: string | null;

  @IsOptional()
  @Text()
  dateformat?: string | null;

  /** pygeoapi's; without effect here, which is warned of. */
  @Allow()
  rotation?: unknown;
}

export function toLoggingSection(definition: LoggingDefinition): LoggingSection {
  return {
    level: definition.level ?? 'INFO',
    logfile: definition.logfile ?? undefined,
    logformat: definition.logformat ?? undefined,
    dateformat: definition.dateformat ?? undefined,
  };
}

/** What of the section can be read but not done. */
export function loggingWarnings({ rotation }: LoggingDefinition, file: string): string[] {
  return rotation === undefined || rotation === null
    ? []
    : [
        `${file}: logging.rotation: has no effect: the file is appended to, so that logrotate can rotate it with copytruncate`,
      ];
}
