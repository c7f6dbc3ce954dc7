/** One mistake in the configuration: where it stands, and what is allowed there. */
export interface ConfigurationFault {
  /** Where it stands, where that is not the error's file: `environment`, `command line`. */
  readonly file?: string;
  /** Path inside the file (`server.bind.port`), or the environment variable or flag. */
  readonly path: string;
  /** What is wrong and what is allowed, as a sentence part: `must be an integer from 0 to 65535 (is "eighty")`. */
  readonly message: string;
}

/** The configuration cannot be used; the server does not start. Lists every fault found, never only the first. */
export class ConfigurationError extends Error {
  constructor(
    readonly file: string,
    readonly faults: readonly ConfigurationFault[],
  ) {
    super(faults.map((fault) => `${fault.file ?? file}: ${fault.path}: ${fault.message}`).join('\n'));
    this.name = 'ConfigurationError';
  }
}
