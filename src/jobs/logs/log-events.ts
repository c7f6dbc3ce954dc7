import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import { EventEncoder } from './event-encoder.js';
import { JobLogs } from './job-logs.js';
import type { LogPart } from './log-parts.js';
import { within } from '../../k8s/time/within.js';
import { SILENCE, withSilences } from './log-streams.js';
import type { JobRecord } from '../model/job-record.js';

/** Where a client is in the logs of a job. */
export interface LogPosition {
  readonly attempt: number;
  /** Bytes of that attempt's log that it has. */
  readonly from: number;
}

export interface EventsOptions {
  /** Whether the attempts that follow are left out. */
  readonly only: boolean;
  /** Milliseconds of silence after which a comment is sent. */
  readonly heartbeat: number;
  /** What of the log they are about; default: all of it. */
  readonly part?: LogPart;
}

/** Of the last event: whoever has it has all. */
export const END = 'end';

const HEARTBEAT = ': the job goes on\n\n';
/** Milliseconds after which a client that was cut off comes again. */
const RETRY = 1000;
/** Milliseconds before a log that ended too early is read again; twice as many after each time that it gave nothing. */
const FIRST_PAUSE = 1000;

/** The position that an event's id says; undefined for what is none. */
export function parsePosition(id: string): LogPosition | undefined {
  const [, attempt, from] = /^([1-9]\d{0,5})-(0|[1-9]\d{0,15})$/.exec(id) ?? [];
  return attempt === undefined ? undefined : { attempt: Number(attempt), from: Number(from) };
}

/** Logs as server-sent events (HTML, section 9.2), to the end of the job. */
@Injectable()
export class LogEvents {
  constructor(private readonly logs: JobLogs) {}

  /**
   * @param at what the client has
   * @param gone ends it
   * @returns the events
   * @throws as `JobLogs.readAttempt`, where that is known before the first heartbeat
   */
  async follow(job: JobRecord, at: LogPosition, options: EventsOptions, gone: AbortSignal): Promise<Readable> {
    const { part = {}, heartbeat } = options;
    const isWhole = this.logs.isPartOver(job, at.attempt, part);
    const opening = this.logs.readAttempt(job, at.attempt, true, gone, at.from, part);
    await within(opening, heartbeat);
    const first = { opening, isWhole };
    const events =
      part.tail === undefined
        ? this.events(job, at, first, options, gone)
        : this.lastLines(job, at.attempt, first, options, gone);
    return Readable.from(events, { objectMode: false });
  }

  private async *events(
    job: JobRecord,
    at: LogPosition,
    first: Opened,
    { only, heartbeat, part = {} }: EventsOptions,
    gone: AbortSignal,
  ): AsyncGenerator<string, void, undefined> {
    const signal = this.logs.untilClosing(gone);
    let { attempt, from } = at;
    let { opening, isWhole } = first;
    let pause = FIRST_PAUSE;
    yield `retry: ${RETRY}\n\n`;
    for (;;) {
      const encoder = new EventEncoder(attempt, from);
      yield* eventsOf(opening, encoder, heartbeat);
      if (signal.aborted) return;
      if (isWhole) {
        // Of one container there is nothing more, though the job goes on.
        while (!this.logs.isOver(job, attempt)) {
          await this.logs.whenOver(job, attempt, heartbeat, signal);
          if (signal.aborted) return;
          yield HEARTBEAT;
        }
        if (only || !this.logs.isFollowedByAnother(job, attempt)) break;
        [attempt, from] = [attempt + 1, 0];
      } else {
        pause = encoder.sent > from ? FIRST_PAUSE : Math.min(2 * pause, heartbeat);
        from = encoder.sent;
        await this.logs.whenOver(job, attempt, pause, signal);
        if (signal.aborted) return;
        yield HEARTBEAT;
      }
      const current = this.logs.current(job);
      if (!current) break;
      isWhole = this.logs.isPartOver(current, attempt, part);
      opening = this.logs.readAttempt(current, attempt, true, gone, from, part);
    }
    yield this.lastEvent(job);
  }

  /**
   * The last lines of one attempt, and what follows them. Where these are in the log nobody knows, so that they have no ids: where the log
   * may go on the answer ends, and who comes again has the last lines again.
   */
  private async *lastLines(
    job: JobRecord,
    attempt: number,
    { opening, isWhole }: Opened,
    { only, heartbeat }: EventsOptions,
    gone: AbortSignal,
  ): AsyncGenerator<string, void, undefined> {
    const signal = this.logs.untilClosing(gone);
    yield `retry: ${RETRY}\n\n`;
    yield* eventsOf(opening, new EventEncoder(attempt), heartbeat);
    const isOver = this.logs.isOver(job, attempt);
    if (!isWhole || !isOver) await this.logs.whenOver(job, attempt, isWhole ? heartbeat : FIRST_PAUSE, signal);
    else if (!signal.aborted && (only || !this.logs.isFollowedByAnother(job, attempt))) yield this.lastEvent(job);
  }

  private lastEvent(job: JobRecord): string {
    return `event: end\nid: ${END}\ndata: ${this.logs.statusOf(job)}\n\n`;
  }
}

interface Opened {
  readonly opening: Promise<Readable>;
  /** Whether nothing could come any more when it was opened. */
  readonly isWhole: boolean;
}

async function* eventsOf(opening: Promise<Readable>, encoder: EventEncoder, heartbeat: number): AsyncGenerator<string> {
  for await (const chunk of withSilences(opening, heartbeat)) {
    const events = chunk === SILENCE ? encoder.flush() || HEARTBEAT : encoder.push(chunk);
    if (events) yield events;
  }
  const rest = encoder.end();
  if (rest) yield rest;
}
