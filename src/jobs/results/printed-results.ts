import { Base64Decoder } from './base64-decoder.js';
import { ResultFault } from '../model/job-outcome.js';
import type { JobRecord } from '../model/job-record.js';
import { MOST_OUTPUTS } from './result-checks.js';
import { ResultScanner, type ResultPart } from './result-scanner.js';
import { Spool } from './spool.js';
import type { ResultHead } from './start-marker.js';

/** Bytes of a result under an id that stay in memory; a job may have many. */
const NAMED_MEMORY = 16 * 1024;

/** A result that a job printed. */
export interface PrintedOutput {
  /** Undefined where the log names none. */
  readonly mediaType?: string;
  readonly body: Spool;
}

/** The media type of a printed result. @param declared what the process's description says of the output */
export function resultMediaType(job: Pick<JobRecord, 'mimetype'>, output: PrintedOutput, declared?: string): string {
  return output.mediaType ?? declared ?? job.mimetype ?? 'application/json';
}

/** Room for results. */
export interface ResultRoom {
  /** Why there is no more, for people. */
  readonly why: string;
  /** @returns for how many of so many bytes there is room */
  take(bytes: number): number;
}

interface Printed extends PrintedOutput {
  readonly head: ResultHead;
  readonly decoder?: Base64Decoder;
}

/**
 * Reads the results out of the log of a job's main container: decoded, and verified by what their start markers say. {@link dispose} frees them. A fault in what the job printed
 * is kept ({@link fault}), not thrown, for the rest of the log is wanted all the same.
 */
export class PrintedResults {
  private readonly scanner = new ResultScanner();
  private readonly printed = new Map<ResultHead, Printed>();
  private found: ResultFault | undefined;

  /** @param room default: as much as there is */
  constructor(private readonly room?: ResultRoom) {}

  /** Why there are no results although the log has markers; complete after {@link end}. */
  get fault(): ResultFault | undefined {
    return this.found;
  }

  /** Whether the size or digest of the last result is known and right, so that nothing of the log is missing after it. */
  get isVerified(): boolean {
    const last = this.scanner.heads.at(-1);
    return !this.found && (last?.bytes !== undefined || last?.sha256 !== undefined);
  }

  /** The result without an output's id; undefined where the log has none. */
  get unnamed(): PrintedOutput | undefined {
    return this.all().find(([id]) => id === undefined)?.[1];
  }

  /** Results by output id, in the order in which they were printed. */
  get outputs(): ReadonlyMap<string, PrintedOutput> {
    const named = this.all().filter((entry): entry is [string, PrintedOutput] => entry[0] !== undefined);
    return new Map(named);
  }

  /** @param chunk of the log, cut anywhere */
  write(chunk: Buffer): Promise<void> {
    return this.read(() => this.scanner.push(chunk));
  }

  /** Bytes of the log come next that nobody has. */
  skip(bytes: number, why: string): Promise<void> {
    return this.guard(() => {
      if (bytes > 0 && this.scanner.hasBegun)
        throw new ResultFault(
          'result-too-large',
          `${bytes} bytes of the log behind the beginning of the job's result were not kept: ${why}.`,
        );
      // What is held of a line has no more to it.
      if (bytes > 0) this.scanner.push(Buffer.from('\n'));
    });
  }

  /** The log has ended. */
  async end(): Promise<void> {
    await this.read(() => this.scanner.end());
    await this.guard(async () => {
      for (const printed of this.printed.values()) await finish(printed);
    });
  }

  async dispose(): Promise<void> {
    for (const { body } of this.printed.values()) await body.dispose();
  }

  private all(): [string | undefined, PrintedOutput][] {
    return this.found
      ? []
      : [...this.printed.values()].map(({ head, mediaType, body }) => [head.output, { mediaType, body }]);
  }

  private read(scan: () => ResultPart[]): Promise<void> {
    return this.guard(async () => {
      const parts = scan();
      for (const head of this.scanner.heads.slice(this.printed.size)) this.open(head);
      for (const { head, bytes } of parts) {
        const { body, decoder } = this.printed.get(head) as Printed;
        const decoded = decoder ? decoder.push(bytes) : bytes;
        if (this.room && this.room.take(decoded.length) < decoded.length)
          throw new ResultFault(
            'result-too-large',
            `The job printed more results than are collected: ${this.room.why}.`,
          );
        await body.write(decoded);
      }
    });
  }

  private open(head: ResultHead): void {
    const { output, mediaType, encoding } = head;
    if (this.scanner.heads.some((other) => other !== head && other.output === output && this.printed.has(other)))
      throw new ResultFault('result-invalid', `The job printed ${nameOf(head)} twice.`);
    if (this.printed.size >= MOST_OUTPUTS)
      throw new ResultFault('result-too-large', `The job printed results of more than ${MOST_OUTPUTS} outputs.`);
    this.printed.set(head, {
      head,
      mediaType,
      body: new Spool(output === undefined ? undefined : { memoryLimit: NAMED_MEMORY }),
      ...(encoding === undefined ? {} : { decoder: new Base64Decoder() }),
    });
  }

  private async guard(work: () => Promise<void> | void): Promise<void> {
    if (this.found) return;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ResultFault)) throw error;
      this.found = error;
      await this.dispose();
    }
  }
}

/** @throws ResultFault where the result is not what its start marker says */
async function finish({ head, body, decoder }: Printed): Promise<void> {
  const damaged = (what: string) =>
    new ResultFault('result-damaged', `${capitalized(nameOf(head))} is damaged: ${what}.`);
  if (decoder) {
    const rest = decoder.end();
    if (!rest) throw damaged('what was printed is not base64');
    await body.write(rest);
  }
  if (head.bytes !== undefined && head.bytes !== body.size)
    throw damaged(`the job announced ${head.bytes} bytes, and its log has ${body.size}`);
  if (head.sha256 !== undefined && head.sha256 !== body.digest())
    throw damaged(`the job announced the SHA-256 ${head.sha256}, and what its log has gives ${body.digest()}`);
}

function nameOf({ output }: ResultHead): string {
  return output === undefined ? 'the result without a name' : `the result of output "${output}"`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
