import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { NotAvailableError } from '../../ogc/domain-errors.js';
import { Links } from '../../ogc/links.js';
import type { LinkDto } from '../../ogc/ogc.dto.js';
import { Pages } from '../../ogc/pages.js';
import type { JobRecord } from '../model/job-record.js';
import { wholeCharacters } from './event-encoder.js';
import { JobLogs } from './job-logs.js';
import { containerOfHeading } from './log-document.js';
import type { LogPart } from './log-parts.js';

/** What of a log stands on its page; a browser with scripts reads on from there. */
const SHOWN_BYTES = 512 * 1024;
const SHOWN_LINES = 5000;
const NEWLINE = 0x0a;

/** The beginning of the log of one attempt. */
export interface ShownLog {
  readonly attempt: number;
  /** Whole lines. */
  readonly text: string;
  /** Bytes of the log that {@link text} has. */
  readonly bytes: number;
  /** Whether there is more of it. */
  readonly isCut: boolean;
  /** Whether nothing can come to it any more. */
  readonly isOver: boolean;
}

/** What the page of a log is made of. */
export interface LogPageResource {
  readonly jobID: string;
  /** One, or two side by side. */
  readonly logs: readonly ShownLog[];
  /** Numbers of the attempts whose logs are kept. */
  readonly attempts: readonly number[];
  /** Names of containers that are known of the first of the logs. */
  readonly containers: readonly string[];
  /** What of the logs is shown. */
  readonly part: LogPart;
  readonly links: readonly LinkDto[];
}

/** Makes pages of logs. */
@Injectable()
export class LogPages {
  constructor(
    private readonly logs: JobLogs,
    private readonly links: Links,
    private readonly pages: Pages,
  ) {}

  /** @param shown numbers of one attempt, or two */
  async send(
    request: FastifyRequest,
    reply: FastifyReply,
    job: JobRecord,
    shown: readonly number[],
    part: LogPart,
    gone: AbortSignal,
  ): Promise<void> {
    const logs: ShownLog[] = [];
    for (const one of shown) logs.push(await this.shownLog(job, one, part, gone));
    const newest = this.logs.newestAttempt(job);
    const address = `${this.links.base(request)}/jobs/${job.jobId}`;
    const resource: LogPageResource = {
      jobID: job.jobId,
      logs,
      attempts: Array.from({ length: job.attempts.length + 1 }, (_, index) => newest - job.attempts.length + index),
      containers: this.containersOf(job, logs[0], part),
      part,
      links: [
        { href: `${address}/logs?f=html`, rel: 'self', type: 'text/html', title: 'This document' },
        { href: `${address}/logs?f=text`, rel: 'alternate', type: 'text/plain', title: 'The log as text' },
        { href: address, rel: 'up', type: 'application/json', title: 'The job' },
      ],
    };
    await reply.send(this.pages.render(request, reply, 'log', resource));
  }

  /** Of a job that goes on the log may come yet. */
  private async shownLog(job: JobRecord, attempt: number, part: LogPart, gone: AbortSignal): Promise<ShownLog> {
    const isOver = this.logs.isOver(job, attempt);
    try {
      const log = await this.logs.readSoFar(job, attempt, gone, part);
      return { attempt, isOver, ...(await readShown(log)) };
    } catch (error) {
      if (isOver || !(error instanceof NotAvailableError)) throw error;
      return { attempt, isOver, text: '', bytes: 0, isCut: false };
    }
  }

  /** Of a log that is kept those that are in what is shown, and the one whose log carries the result. */
  private containersOf(job: JobRecord, log: ShownLog | undefined, { container }: LogPart): string[] {
    const inText = (log?.text ?? '').split('\n').map(containerOfHeading);
    const known = [...this.logs.containersOf(job, log?.attempt ?? 1), ...inText, job.mainContainer, container];
    return [...new Set(known.filter((name) => name !== undefined))];
  }
}

/** Reads as much of a log as is shown, and closes it. @returns whole lines, but where the log has ended without a newline */
export async function readShown(log: Readable): Promise<Pick<ShownLog, 'text' | 'bytes' | 'isCut'>> {
  const chunks: Buffer[] = [];
  let [length, lines, isCut] = [0, 0, false];
  try {
    for await (const chunk of log as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      for (const byte of chunk) if (byte === NEWLINE) lines += 1;
      if (length < SHOWN_BYTES && lines < SHOWN_LINES) continue;
      isCut = true;
      break;
    }
  } finally {
    log.destroy();
  }
  const read = Buffer.concat(chunks);
  if (!isCut) return { text: read.toString('utf8'), bytes: read.length, isCut };
  const end = endOfLines(read.subarray(0, SHOWN_BYTES));
  return { text: read.subarray(0, end).toString('utf8'), bytes: end, isCut };
}

/** Behind the last line that is shown; of one that has no end so far, behind its last whole character. */
function endOfLines(bytes: Buffer): number {
  let at = -1;
  for (let lines = 0; lines < SHOWN_LINES; lines++) {
    const next = bytes.indexOf(NEWLINE, at + 1);
    if (next === -1) break;
    at = next;
  }
  return at === -1 ? wholeCharacters(bytes) : at + 1;
}
