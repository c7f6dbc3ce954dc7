import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PassThrough, type Readable } from 'node:stream';
import { InvalidRequestError } from '../ogc/domain-errors.js';
import type { AdmittedBody } from './admission/body-admission.js';
import { codingOf, decoders } from './admission/body-codings.js';

/** A stream that Fastify compares with `Content-Length` by what has arrived, not by what came out of it. */
type Body = Readable & { receivedEncodedLength?: number };

/**
 * Reads bodies in a content coding, and no more of any than was admitted, sent or decoded: it is cut off as soon as that
 * is known. Bodies that fail are answered by what the admission says of too large ones; UnavailableError where the server has no room
 * for more; InvalidRequestError where a body is not in the coding that it names.
 * @param admitted says how the body of a request is read; undefined: as it is sent, whatever it is
 */
export function readBodies(
  fastify: FastifyInstance,
  admitted: (request: FastifyRequest) => AdmittedBody | undefined,
): void {
  fastify.addHook('preParsing', (request: FastifyRequest, reply: FastifyReply, payload: Readable, done) => {
    const { headers } = request;
    const admission = admitted(request);
    if (!admission || admission.isReserved) return done(null, payload);
    const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
    // Nothing more is read of what is refused, so nothing can follow on this connection.
    const refuse = (error: Error) => {
      void reply.header('connection', 'close');
      return error;
    };
    const coding = codingOf(headers['content-encoding']);
    done(null, measured(payload, coding, { ...admission, length, refuse }));
  });
}

interface Measure extends AdmittedBody {
  readonly length: number | undefined;
  readonly refuse: (error: Error) => Error;
}

/** The body as it is to be parsed. It ends in an error at once when more has arrived, or come out of the decoder, than the limit. */
function measured(sent: Readable, coding: string | undefined, { limit, refusal, hold, length, refuse }: Measure): Body {
  const decoder = (coding === undefined ? undefined : decoders[coding]?.()) ?? new PassThrough();
  const body: Body = new PassThrough();
  let arrived = 0;
  let decoded = 0;
  const fail = (error: Error): void => {
    if (body.destroyed) return;
    sent.unpipe(decoder);
    decoder.destroy();
    // A client that only writes reads its answer once it has written; what it sends goes nowhere.
    sent.resume();
    body.destroy(refuse(error));
  };
  const reserve = (bytes: number): void => {
    try {
      hold.reserve(bytes);
    } catch (error) {
      fail(error as Error);
    }
  };
  sent.on('data', (chunk: Buffer) => {
    arrived += chunk.length;
    body.receivedEncodedLength = arrived;
    if (arrived > limit) fail(refusal(`has more bytes: ${arrived} had arrived when it was cut off`));
  });
  sent.on('error', fail);
  sent.on('close', () => {
    if (!sent.readableEnded) fail(new InvalidRequestError('The body broke off.'));
  });
  decoder.on('data', (chunk: Buffer) => {
    decoded += chunk.length;
    if (decoded <= limit) return reserve(chunk.length);
    const whole = length === undefined ? `${arrived} bytes had arrived` : `the body has ${length} bytes`;
    fail(refusal(`unfolds from ${coding} to more (${decoded} bytes when it was cut off; ${whole})`));
  });
  decoder.on('error', ({ message }: Error) =>
    fail(new InvalidRequestError(`The body is not in the coding ${coding} that Content-Encoding names: ${message}.`)),
  );
  sent.pipe(decoder).pipe(body as PassThrough);
  return body;
}
