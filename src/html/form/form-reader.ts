import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { Access, type Caller, executionOf } from '../../access/access.js';
import { Sight } from '../../access/sight.js';
import { Configuration } from '../../config/configuration.js';
import { ExecutionService } from '../../jobs/execution/execution.service.js';
import { UnauthorizedError, UnavailableError } from '../../ogc/domain-errors.js';
import { bodyRoomOf, StreamedForm } from '../../ogc/requests/streamed-form.js';
import { ByteBudget, NoRoomError } from '../../outbound/byte-budget.js';
import { TOKEN_FIELD } from '../execute-form.js';
import type { FormPart } from '../browser/form/form-part.js';
import { FormCeiling } from './form-ceiling.js';
import { partsOfFields, textOf } from './form-part.js';
import { partsOfMultipart } from './multipart.js';
import { UploadReading } from './upload-reading.js';

/** Forms with files that are read at a time, of one address. */
const MOST_OF_ONE = 8;
/** Bytes of texts before the first file, of who has not shown that they may execute: the token is among them. As of other bodies. */
const MOST_OF_UNKNOWN = 256 * 1024;
/** Seconds after which it may be tried again. */
const RETRY_AFTER = 10;

/** A form that is being read. */
export interface FormTarget {
  readonly processId: string;
  /** Descriptions, by id. */
  readonly inputs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly caller: Caller;
  /** Takes up the fields as they come: they are there also where reading fails. */
  readonly parts: FormPart[];
}

/** A form that was read. */
export interface ReceivedForm {
  readonly token: string | undefined;
  /** Frees its files; to be called in the end, whatever that is. */
  dispose(): Promise<void>;
}

/**
 * Reads forms for executing. Files go to temporary files first, and to the object store once the whole request is known to be right: of
 * one that is
 * refused, breaks off, or ends with the server nothing was ever there (docs/decisions/055-form-files.md).
 */
@Injectable()
export class FormReader {
  private readonly disk: ByteBudget;
  private readonly readingOf = new Map<string, number>();

  constructor(
    private readonly configuration: Configuration,
    private readonly executions: ExecutionService,
    private readonly access: Access,
    private readonly sight: Sight,
  ) {
    this.disk = new ByteBudget(configuration.server.maxUploadBytesInFlight);
  }

  /** Bytes of files that are held now, of all forms. */
  get bytesHeld(): number {
    return this.disk.inUse;
  }

  /**
   * Afterwards the request has no body but the token.
   * @throws InvalidRequestError, InputsTooLargeError with the fields at fault; UnauthorizedError, PayloadTooLargeError, UnavailableError
   */
  async read(request: FastifyRequest, target: FormTarget): Promise<ReceivedForm> {
    const { body } = request;
    if (!(body instanceof StreamedForm)) {
      target.parts.push(...partsOfFields((body ?? {}) as Readonly<Record<string, unknown>>));
      return { token: textOf(target.parts, TOKEN_FIELD), dispose: () => Promise.resolve() };
    }
    const ceiling = new FormCeiling(this.configuration.server.maxUploadBytes, this.access.rules);
    const reading = this.begin(request, target, ceiling);
    try {
      await this.inTurn(request.ip, () => this.readAll(request, body.stream, reading, ceiling));
      if (!ceiling.knowsSender) ceiling.sentBy((await this.access.withToken(target.caller, reading.token)).identity);
      reading.assertRight();
      return { token: reading.token, dispose: () => reading.dispose() };
    } catch (error) {
      await reading.dispose();
      throw error;
    } finally {
      // What is left of it is dealt with as of every body that is refused.
      request.body = { [TOKEN_FIELD]: reading.token };
    }
  }

  private begin(
    request: FastifyRequest,
    { processId, inputs, caller, parts }: FormTarget,
    ceiling: FormCeiling,
  ): UploadReading {
    const { maxRequestBytes: mostInMemory } = this.configuration.server;
    const room = bodyRoomOf(request);
    return new UploadReading(
      {
        inputs,
        ...this.executions.roomForInputs(processId),
        mostInMemory,
        mostOfUnknown: Math.min(MOST_OF_UNKNOWN, mostInMemory),
        authorize: async (token) => ceiling.sentBy((await this.authorize(processId, caller, token)).identity),
        reserveMemory: (bytes) => room.reserve(bytes),
        disk: this.disk.open(),
      },
      parts,
    );
  }

  private async readAll(
    request: FastifyRequest,
    body: Readable,
    reading: UploadReading,
    ceiling: FormCeiling,
  ): Promise<void> {
    const parts = partsOfMultipart(body, request.headers['content-type'] ?? '', {
      received: (bytes) => ceiling.received(bytes),
      gaveWay: reading.gaveWay,
    });
    try {
      for await (const part of parts) await reading.take(part);
    } catch (error) {
      if (error instanceof NoRoomError)
        throw new UnavailableError(
          `The server holds at most ${error.most} bytes at a time of files on their way (server.max_upload_bytes_in_flight). ` +
            'Nothing was done; try again.',
          RETRY_AFTER,
        );
      throw error;
    }
  }

  /** Who sends the form. @throws UnauthorizedError */
  private async authorize(processId: string, caller: Caller, token: string | undefined): Promise<Caller> {
    const known = await this.access.withToken(caller, token);
    try {
      this.sight.demandProcess(processId, known);
      await this.access.demand(processId, known, { operation: 'execute' });
      return known;
    } catch (error) {
      this.access.logRefusal(executionOf(processId), known, error);
      if (known.token !== undefined || !(error instanceof UnauthorizedError)) throw error;
      throw new UnauthorizedError(
        `${error.message} In a form it may also be the field "${TOKEN_FIELD}", which must come before files.`,
      );
    }
  }

  /** @throws UnavailableError where as many forms of the address are being read as may */
  private async inTurn(address: string, read: () => Promise<void>): Promise<void> {
    const count = this.readingOf.get(address) ?? 0;
    if (count >= MOST_OF_ONE)
      throw new UnavailableError(
        `At most ${MOST_OF_ONE} forms with files are read of one address at a time.`,
        RETRY_AFTER,
      );
    this.readingOf.set(address, count + 1);
    try {
      await read();
    } finally {
      const left = (this.readingOf.get(address) ?? 1) - 1;
      if (left > 0) this.readingOf.set(address, left);
      else this.readingOf.delete(address);
    }
  }
}
