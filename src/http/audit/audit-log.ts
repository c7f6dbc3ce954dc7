import type { LogDestination } from '../../logging/log-destination.js';
import type { Who } from './who.js';

/** A line of the audit log, without what every line has. */
export interface AuditEntry {
  readonly requestId: string;
  readonly who: Who;
  /** As far as proxies are trusted. */
  readonly address: string;
  readonly action: string;
  readonly method: string;
  /** As the router has it: with the names of parameters, and without their values. */
  readonly route?: string;
  readonly process?: string;
  readonly job?: string;
  /** Of what changes several. */
  readonly jobs?: readonly string[];
  readonly outcome: {
    readonly status: number;
    /** Type of the problem that was answered. */
    readonly problem?: string;
    /** The connection ended before the answer did. */
    readonly cut?: true;
  };
  readonly milliseconds: number;
}

/** Who did what: a stream of JSON lines, each with `"stream": "audit"`, so that it can be told apart where it shares the standard output. */
export class AuditLog {
  /**
   * @param redact takes secrets out of a line: a client can write one in any place
   * @param now for tests
   */
  constructor(
    private readonly destination: LogDestination,
    private readonly redact: (line: string) => string = String,
    private readonly now: () => Date = () => new Date(),
  ) {}

  write(entry: AuditEntry): void {
    const line = JSON.stringify({ stream: 'audit', time: this.now().toISOString(), ...entry });
    this.destination.write(`${this.redact(withoutControls(line))}\n`);
  }

  close(): void {
    this.destination.close();
  }
}

/** JSON leaves those that a terminal could take for commands. */
function withoutControls(json: string): string {
  return json.replaceAll(/[\u007f-\u009f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}
